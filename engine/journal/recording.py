"""A run's own entry in the journal, from its beginning to its end."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.increments.memory import journal_failure
from engine.running.cancellation import Cancelled
from ir.diagnostics import WorkflowError
from ir.redaction import redact

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.journal.records import RunRecord, RunStatus
    from engine.plan import Plan


@dataclass(slots=True, kw_only=True)
class Recording:
    """The journal of a run that is under way, and how it ended as far as that is known."""

    journal: Journal | None
    status: RunStatus = "failed"
    error: str | None = None


@contextmanager
def recorded(plan: Plan, run_id: str, *, base: Path, folder: Path, is_preview: bool) -> Iterator[Recording]:
    """Write down that the run begins, before anything is delivered, and how it ended. A preview leaves no trace.

    Raises:
        WorkflowError: IR596 where the journal cannot be written.
    """
    if is_preview:
        yield Recording(journal=None)
        return
    # SQLAlchemy is a third of a second: a plan that is only looked at does without it
    from engine.journal.journal import Journal
    from engine.journal.runs import begin_run, end_run

    try:
        journal = Journal()
        begin_run(journal, record_of(plan, run_id, base=base, folder=folder))
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None
    recording = Recording(journal=journal)
    try:
        yield recording
    except WorkflowError as error:
        recording.error = error.diagnostics[0].message if error.diagnostics else None
        raise
    except (KeyboardInterrupt, SystemExit, Cancelled) as stopped:
        recording.status, recording.error = "cancelled", redact(str(stopped)) or type(stopped).__name__
        raise
    except Exception as error:
        recording.error = redact(str(error))
        raise
    finally:
        with suppress(ConnectorProblem):  # what stopped the run is what is told
            end_run(journal, run_id, recording.status, error=recording.error)
        journal.close()


def record_of(plan: Plan, run_id: str, *, base: Path, folder: Path) -> RunRecord:
    """What the journal keeps of a run, so that it can be gone on with."""
    from engine.journal.records import RunRecord

    document = plan.compiled.document
    text = document.text or json.dumps(document.value, ensure_ascii=False)
    return RunRecord(
        run_id=run_id, workflow=plan.name, document=text,
        document_sha256=hashlib.sha256(text.encode()).hexdigest(), file=document.file, base=str(plan.base),
        out=str(base), folder=str(folder), engine=plan.engine, inputs=json.dumps(dict(plan.given_inputs), default=str),
        now=plan.compiled.words.now.isoformat(), host=socket.gethostname(), pid=os.getpid(),
    )  # fmt: skip
