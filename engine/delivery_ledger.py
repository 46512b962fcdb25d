"""The journal's own ledger: what a run was about to deliver to a table, and what became of it.

The ledger in the target says what stands there; this one says what this machine knows of it, also of targets that keep
no ledger. A run that is gone leaves `pending` behind; where the connection broke as the transaction ended it is
`uncertain`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.databases.writing import LedgerEntry
from connectors.problem import ConnectorProblem
from engine.journal.records import LedgerEntry as Entry

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.journal.records import DeliveryStatus


@dataclass(slots=True)
class Note:
    """What is noted of one delivery when it has ended, well or not."""

    status: DeliveryStatus = "failed"
    rows: int | None = None
    problem: str | None = None
    """Why it could not be noted after it was made."""


@contextmanager
def noted(journal: Journal | None, entry: LedgerEntry) -> Iterator[Note]:
    """Write down that the delivery begins, and afterwards what its note says.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be written before the delivery begins.
    """
    note = Note()
    if journal is None:
        yield note
        return
    journal.begin_delivery(Entry(
        run_id=entry.run_id, delivery=entry.delivery, workflow=entry.workflow, kind="table", target=entry.table,
        idempotency_key=idempotency_key(entry),
    ))  # fmt: skip
    try:
        yield note
    finally:
        try:
            journal.end_delivery(entry.run_id, entry.delivery, note.status, rows=note.rows)
        except ConnectorProblem as problem:
            note.problem = f"the journal does not say what became of it: {problem.message}"


def idempotency_key(entry: LedgerEntry) -> str:
    """The same text for the same delivery of the same run."""
    return hashlib.sha256(f"{entry.run_id}\0{entry.delivery}".encode()).hexdigest()
