"""Stopping a run from outside, and removing runs that nobody asks for any more."""

from __future__ import annotations

import glob
import shutil
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.increments.memory import journal_failure
from engine.resume import found_run
from engine.run_folder import is_folder_of, lives
from ir.diagnostics import Diagnostic, WorkflowError

if TYPE_CHECKING:
    from engine.journal.records import RunRecord

AT_ONCE = 500
"""Runs of one transaction: whoever else writes does not wait for all, and no statement has too many values."""


def cancel(run_id: str) -> bool:
    """Ask a run to stop: true where it is under way and will, false where it was gone and is called cancelled now.

    Raises:
        WorkflowError: IR710 where there is no such run or it has ended, IR596 where the journal cannot be used.
    """
    from engine.journal.journal import Journal
    from engine.journal.runs import ask_to_cancel, end_run

    try:
        with Journal() as journal:
            record = found_run(journal, run_id)
            if record.status != "running":
                raise WorkflowError([Diagnostic(
                    code="IR710", message=f"the run {record.run_id} is not under way: it is {record.status}",
                )])  # fmt: skip
            if record.host == socket.gethostname() and lives(Path(record.folder)):
                ask_to_cancel(journal, record.run_id)
                return True
            ask_to_cancel(journal, record.run_id)
            end_run(journal, record.run_id, "cancelled", error="it was gone when somebody cancelled it")
            return False
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None


def prune(*, older_than: timedelta, now: datetime | None = None) -> list[str]:
    """Remove the runs that began longer ago, with their folders; those that are under way stay. The ids of the removed.

    Raises:
        WorkflowError: IR596 where the journal cannot be used.
    """
    from engine.journal.journal import Journal
    from engine.journal.place import has_journal
    from engine.journal.runs import asked_for, forget_runs, list_runs

    before = ((now or datetime.now(UTC)) - older_than).astimezone(UTC).isoformat(timespec="microseconds")
    try:
        if not has_journal():
            return []
        with Journal() as journal:
            needed = asked_for(journal)
            gone = [each for each in list_runs(journal, before=before) if each.run_id not in needed
                    and not (each.status == "running" and (each.host != socket.gethostname()
                                                           or lives(Path(each.folder))))]  # fmt: skip
            for at in range(0, max(len(gone), 1), AT_ONCE):
                some = gone[at : at + AT_ONCE]
                for each in some:
                    _remove_folders(each)
                forget_runs(journal, [each.run_id for each in some], before=before)
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None
    return [each.run_id for each in gone]


def _remove_folders(run: RunRecord) -> None:
    if run.host == socket.gethostname() and is_folder_of(run.run_id, Path(run.folder)):
        for folder in Path(run.folder).parent.glob(f"{glob.escape(run.run_id)}*"):
            if is_folder_of(run.run_id, folder):
                shutil.rmtree(folder, ignore_errors=True)
