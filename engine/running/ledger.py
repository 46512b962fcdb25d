"""The deliveries of one run as the journal knows them: noted before they take effect, and when they have ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.journal.records import DeliveryStatus, LedgerEntry
from engine.result import DeliveryResult, FileResult
from ir.records import dataclass
from ir.redaction import redact

if TYPE_CHECKING:
    from engine.journal.notes import Notes
    from engine.journal.recording import Recording
    from engine.output import Output

_NOTED: dict[str, DeliveryStatus] = {"delivered": "delivered", "failed": "failed", "uncertain": "uncertain",
                                     "incomplete": "failed"}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Of a preview there is no journal, and nothing is noted."""

    run_id: str
    workflow: str
    recording: Recording | None = None
    results: dict[str, DeliveryResult] = field(default_factory=dict)
    """What has become of the deliveries so far, also if the run is stopped now."""

    @property
    def notes(self) -> Notes | None:
        return None if self.recording is None else self.recording.notes

    def finish(self, output: Output) -> DeliveryResult:
        """Complete the delivery, and note before that it is about to take effect and afterwards what became of it."""
        output.announce = lambda files: self._begin(output, files)
        result = output.finish()
        self.results[output.id] = result
        status = _NOTED.get(result.status)
        if self.notes is not None and status is not None:
            try:
                self._note(output, result, status)
            except ConnectorProblem as problem:
                output.problems.append(f"{output.id}: the journal does not say what became of it: {problem.message}")
        return result

    def _begin(self, output: Output, files: Sequence[FileResult]) -> None:
        notes = self.notes
        if notes is None:
            return
        from engine.journal.deliveries import note_delivery

        about = json.dumps({"files": [each.as_json() for each in files]}) if files else None
        note_delivery(notes, self._entry(output.id, output.kind, output.shown, "pending", result=about))

    def _note(self, output: Output, result: DeliveryResult, status: DeliveryStatus) -> None:
        assert self.notes is not None
        from engine.journal.deliveries import note_delivery

        is_there = status == "delivered"
        note_delivery(self.notes, self._entry(
            result.id, result.kind, result.target, status, rows=result.rows if is_there else None,
            bytes=result.bytes if is_there else None, sha256=result.sha256, result=json.dumps(result.as_json()),
        ))  # fmt: skip

    def _entry(self, delivery: str, kind: str, target: str, status: DeliveryStatus, *, rows: int | None = None,
               bytes: int | None = None, sha256: str | None = None,
               result: str | None = None) -> LedgerEntry:  # fmt: skip
        return LedgerEntry(
            run_id=self.run_id, delivery=delivery, workflow=self.workflow, kind=kind, target=redact(target),
            idempotency_key=idempotency_key(self.run_id, delivery), status=status, rows=rows, bytes=bytes,
            sha256=sha256, result=None if result is None else redact(result),
        )  # fmt: skip


def idempotency_key(run_id: str, delivery: str) -> str:
    """The same text for the same delivery of the same run."""
    return hashlib.sha256(f"{run_id}\0{delivery}".encode()).hexdigest()
