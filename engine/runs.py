"""The runs that the journal knows, for people and for tools."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from connectors.problem import ConnectorProblem
from engine.increments.memory import journal_failure
from engine.journal.records import LedgerEntry, RunRecord
from ir.diagnostics import WorkflowError
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.journal import Journal

ShownStatus = Literal["running", "killed", "succeeded", "incomplete", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDelivery:
    """A delivery that a run has begun. `pending`: it was about to take effect when the run was gone, or is now."""

    id: str
    kind: str
    target: str
    status: str
    rows: int | None
    bytes: int | None
    sha256: str | None
    finished_at: str | None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run. `killed` is one that neither came to its end nor is under way on this machine."""

    run_id: str
    workflow: str
    status: ShownStatus
    kind: str
    file: str
    engine: str
    started_at: str
    finished_at: str | None
    attempts: int
    error: str | None
    host: str
    folder: str
    deliveries: tuple[RunDelivery, ...]
    receipt: dict[str, Any] | None = None

    @property
    def can_be_resumed(self) -> bool:
        return self.status in {"killed", "failed", "cancelled"} and self.kind == "run"

    def as_json(self) -> dict[str, Any]:
        """The run as `weirflow runs --format json` prints it."""
        return {**asdict(self), "deliveries": [asdict(each) for each in self.deliveries]}


def runs(*, workflow: str | None = None, status: str | None = None, limit: int | None = None) -> list[RunSummary]:
    """The runs of this journal, the latest first: of one workflow, of one status, at most so many.

    Raises:
        WorkflowError: IR596 where the journal cannot be read.
    """
    from engine.journal.journal import Journal
    from engine.journal.place import has_journal
    from engine.journal.runs import list_runs

    try:
        if not has_journal():
            return []
        with Journal() as journal:
            stored = "running" if status == "killed" else status
            found = _summaries(journal, list_runs(journal, workflow=workflow, status=stored, limit=limit))
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None
    return [each for each in found if status is None or each.status == status]


def find(run_id: str) -> RunSummary:
    """The run with this id.

    Raises:
        WorkflowError: IR710 where there is none, IR596 where the journal cannot be read.
    """
    from engine.journal.journal import Journal
    from engine.resume import found_run

    try:
        with Journal() as journal:
            [found] = _summaries(journal, [found_run(journal, run_id)])
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None
    return found


def _summaries(journal: Journal, records: list[RunRecord]) -> list[RunSummary]:
    from engine.journal.deliveries import deliveries_of

    entries = deliveries_of(journal, [each.run_id for each in records])
    return [_summary(each, entries[each.run_id]) for each in records]


def _summary(record: RunRecord, entries: list[LedgerEntry]) -> RunSummary:
    return RunSummary(
        run_id=record.run_id, workflow=record.workflow, status=_status(record), kind=record.kind, file=record.file,
        engine=record.engine, started_at=record.started_at, finished_at=record.finished_at, attempts=record.attempts,
        error=record.error, host=record.host, folder=record.folder,
        deliveries=tuple(_delivery(each) for each in entries),
        receipt=None if record.receipt is None else json.loads(record.receipt),
    )  # fmt: skip


def _status(record: RunRecord) -> ShownStatus:
    from engine.run_folder import lives

    is_here = record.host == socket.gethostname()
    return "killed" if record.status == "running" and is_here and not lives(Path(record.folder)) else record.status


def _delivery(entry: LedgerEntry) -> RunDelivery:
    found = json.loads(entry.result) if entry.result is not None else {}
    return RunDelivery(
        id=entry.delivery, kind=entry.kind, target=entry.target, status=entry.status, rows=entry.rows,
        bytes=entry.bytes, sha256=entry.sha256, finished_at=entry.finished_at, error=found.get("error"),
    )  # fmt: skip
