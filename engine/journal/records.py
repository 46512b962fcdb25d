"""What stands in the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from ir.records import dataclass

DeliveryStatus = Literal["pending", "delivered", "failed", "uncertain"]
RunStatus = Literal["running", "succeeded", "incomplete", "failed", "cancelled"]
ItemStatus = Literal["pending", "sent", "failed", "uncertain", "skipped"]

DEFAULT_TENANT = "default"
LAST = "last"
"""Stands for the id of the latest run."""


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
    result: str | None = None
    """A JSON object; see engine.journal.tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. `running` is also what a run that was killed is called: whether it lives, its folder's lock tells."""

    run_id: str
    workflow: str
    document: str
    document_sha256: str
    file: str
    """The workflow's file, or `<dict>`."""
    base: str
    out: str
    folder: str
    engine: str
    inputs: str
    """A JSON object."""
    now: str
    options: str
    """A JSON object; see engine.running.options."""
    host: str
    pid: int
    kind: Literal["run", "replay"] = "run"
    parent: str | None = None
    status: RunStatus = "running"
    attempts: int = 1
    error: str | None = None
    receipt: str | None = None
    cancel_asked_at: str | None = None
    started_at: str = ""
    finished_at: str | None = None

    @property
    def instant(self) -> datetime:
        """The instant that its date words read."""
        return datetime.fromisoformat(self.now)


def without_nul(text: str) -> str:
    """The text as every journal takes it: PostgreSQL keeps no NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """A step that is finished, and not done again by a resume."""

    run_id: str
    step: str
    kind: str
    status: str = "finished"
    rows: int | None = None
    attempts: int = 1
    seconds: str | None = None
    spool: str | None = None
    """The folder with its rows, relative to the run's."""
    error: str | None = None
    started_at: str = ""
    finished_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRecord:
    """How many rows a step, or a rule of it, rejected."""

    run_id: str
    step: str
    rule: str
    rows: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord:
    """One message of a delivery."""

    run_id: str
    delivery: str
    item: int
    idempotency_key: str
    target: str
    status: ItemStatus = "pending"
    attempts: int = 1
    reference: str | None = None
    result: str | None = None
    error: str | None = None
    started_at: str = ""
    finished_at: str | None = None


def instant() -> str:
    """Now, as the journal writes instants."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
