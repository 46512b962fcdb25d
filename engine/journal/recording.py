"""A run's own entry in the journal, from its beginning to its end."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.increments.memory import journal_failure
from engine.journal.notes import Notes, needs_loading, open_notes
from engine.journal.records import RunRecord, RunStatus, instant
from engine.running.cancellation import Cancelled
from engine.running.options import RunOptions
from ir.diagnostics import WorkflowError
from ir.records import dataclass
from ir.redaction import redact

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.plan import Plan


@dataclass(slots=True, kw_only=True)
class Recording:
    """The journal of a run that is under way, and how it ended as far as that is known."""

    run_id: str
    status: RunStatus = "failed"
    error: str | None = None
    receipt: str | None = None
    _notes: Notes | None = None
    _journal: Journal | None = None
    _problem: Exception | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _opening: threading.Thread | None = field(default=None, repr=False)

    def begin(self, write: Callable[[Notes], None]) -> None:
        """Open the journal and write into it that the run begins.

        Where SQLAlchemy is to be loaded for that, a thread does it, and `wait` waits for that, until it is interrupted.
        """
        if not needs_loading():
            self._open(write)
        else:
            self._opening = threading.Thread(target=self._open, args=(write,), name="journal", daemon=True)
            self._opening.start()

    def _open(self, write: Callable[[Notes], None]) -> None:
        try:
            notes = open_notes()
            try:
                write(notes)
            except BaseException:
                notes.close()
                raise
        except Exception as problem:  # told to whoever waits for the journal
            self._problem = problem
        else:
            self._notes = notes

    def wait(self) -> None:
        """Wait until the journal says that the run has begun.

        Raises:
            WorkflowError: IR596 where it cannot be written.
        """
        if self._opening is not None:
            self._opening.join()
            self._opening = None
        if isinstance(self._problem, ConnectorProblem):
            raise WorkflowError([journal_failure(self._problem)])
        if self._problem is not None:
            raise self._problem

    @property
    def notes(self) -> Notes | None:
        """Where the run writes down what becomes of it, once that is ready; None where it leaves no trace.

        Raises:
            WorkflowError: IR596 where it cannot be written.
        """
        self.wait()
        return self._notes

    @property
    def journal(self) -> Journal | None:
        """All of the journal, for what asks it for more than to note something; None where the run leaves no trace.

        Raises:
            WorkflowError: IR596 where it cannot be written.
        """
        if self.notes is None:
            return None
        with self._guard:
            if self._journal is None:
                from engine.journal.journal import Journal

                self._journal = Journal()
            return self._journal

    @property
    def has_begun(self) -> bool:
        """Whether the journal knows of the run, so that it can be gone on with."""
        with suppress(Exception):
            self.wait()
        return self._notes is not None

    def end(self) -> None:
        """Write down how the run ended; whatever keeps the journal from it, the end itself is what is told."""
        with suppress(WorkflowError, ConnectorProblem):
            notes = self.notes
            if notes is not None:
                from engine.journal.runs import end_run

                try:
                    end_run(notes, self.run_id, self.status, error=self.error, receipt=self.receipt)
                finally:
                    notes.close()
                    if self._journal is not None:
                        self._journal.close()


@contextmanager
def recorded(run_id: str, begin: Callable[[Notes], None] | None) -> Iterator[Recording]:
    """The journal of a run, into which `begin` writes that it begins and the end how it ended.

    A preview has no `begin` and leaves no trace.
    """
    recording = Recording(run_id=run_id)
    if begin is None:
        yield recording
        return
    recording.begin(begin)
    try:
        yield recording
    except WorkflowError as error:
        recording.error = error_of(error)
        if recording.has_begun:
            error.run_id = run_id
        raise
    except (KeyboardInterrupt, SystemExit, Cancelled) as stopped:
        recording.status, recording.error = "cancelled", reason_of(stopped)
        raise
    except Exception as error:
        recording.error = error_of(error)
        raise
    finally:
        recording.end()


def error_of(error: BaseException) -> str | None:
    """What went wrong in one sentence; None where an error says nothing."""
    if isinstance(error, WorkflowError):
        return error.diagnostics[0].message if error.diagnostics else None
    return redact(str(error))


def reason_of(stopped: BaseException) -> str:
    """Why a run was stopped from outside."""
    if isinstance(stopped, Cancelled):
        return redact(stopped.reason)
    return "it was interrupted" if isinstance(stopped, KeyboardInterrupt) else "the program was told to end"


def record_of(plan: Plan, run_id: str, *, base: Path, folder: Path, out: Path | None) -> RunRecord:
    """What the journal keeps of a run, so that it can be gone on with."""
    document = plan.compiled.document
    replaying = plan.compiled.replaying
    text = document.text or json.dumps(document.value, ensure_ascii=False)
    return RunRecord(
        run_id=run_id, workflow=plan.name, document=text, document_sha256=hashlib.sha256(text.encode()).hexdigest(),
        file=_absolute(document.file), base=str(plan.base), out=str(base.absolute()), folder=str(folder),
        engine=plan.engine,
        inputs=json.dumps(dict(plan.given_inputs), default=str), now=plan.compiled.words.now.isoformat(),
        options=RunOptions.of(plan, None if out is None else str(out.absolute())).as_json(),
        host=socket.gethostname(), pid=os.getpid(), started_at=instant(),
        kind="run" if replaying is None else "replay", parent=replaying.parent if replaying else None,
    )  # fmt: skip


def _absolute(file: str) -> str:
    """The file's path, which means the same in every folder; a document that is in none has no path."""
    return file if file.startswith("<") else str(Path(file).absolute())
