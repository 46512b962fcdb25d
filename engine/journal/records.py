"""What stands in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

DeliveryStatus = Literal["pending", "delivered", "failed", "uncertain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCursor:
    """How far a source was read by the last run that did all its deliveries."""

    workflow: str
    source: str
    cursor: str
    """The column, or name or modified for files."""
    origin: str
    """What was read: a table, a query, a location."""
    kind: str
    value: str
    run_id: str
    saved_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One delivery of a run. `pending` after a run has ended means that nobody knows what became of it."""

    run_id: str
    delivery: str
    workflow: str
    idempotency_key: str
    kind: str
    target: str
    status: DeliveryStatus = "pending"
    rows: int | None = None
    bytes: int | None = None
    sha256: str | None = None
    started_at: str = ""
    finished_at: str | None = None


def instant() -> str:
    """Now, as the journal writes instants."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
