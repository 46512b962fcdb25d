"""Runs that did not end by themselves: what is written in their place."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from connectors.problem import ConnectorProblem
from engine.journal.fence import Fence
from engine.journal.journal import Journal
from engine.journal.records import instant
from engine.journal.tables import runs
from engine.service.runners.log_keeper import RunLog
from engine.service.runners.process import Gone
from engine.service.runners.protocol import Outcome
from engine.service.runners.watchdog import Watched
from engine.service.store.starts import Start


def ended_early(journal: Journal, start: Start, watched: Watched, gone: Gone | None, log: RunLog) -> Outcome:
    """The outcome of a run that was cancelled, took more than it may, or whose process broke; its log and its entry
    in the journal say the same."""
    status: Literal["failed", "cancelled"] = "cancelled" if watched.is_cancelled else "failed"
    if watched.why is not None:
        code, why = "IR713", watched.why
    else:
        code, why = "IR714", f"the run was stopped: {gone.said if gone else 'its process is gone'}"
    if not watched.is_cancelled:
        log.say("failure", text=f"{why} [{code}]")
    if gone is not None or not watched.is_cancelled:
        log.say("run_finished", status=status, text=f"{start.workflow}: {status}")
    with suppress(ConnectorProblem):  # the journal is away, or another worker has the run: nothing of it is ours
        _end_entry(journal, start, status, why)
    return Outcome(status=status, error=why, code=None if watched.is_cancelled else code)


def _end_entry(journal: Journal, start: Start, status: str, why: str) -> None:
    """Let the run's own entry end, where it has one and has not come to an end of its own."""
    with journal.writing() as connection:
        Fence(tenant=journal.tenant, run_id=start.run_id, attempt=start.attempt).check(connection)
        found = (runs.c.tenant == journal.tenant) & (runs.c.run_id == start.run_id)
        connection.execute(runs.update().where(found & runs.c.status.in_(("running", "cancelled"))).values(
            status=status, error=why, finished_at=instant()))  # fmt: skip
