"""Stopping a run that was asked for, whether it waits or is under way, on whatever machine."""

from __future__ import annotations

from contextlib import suppress

from connectors.problem import ConnectorProblem
from engine.journal.records import instant
from engine.journal.tables import runs, starts
from engine.service.context import Context
from engine.service.dispatch.port import Entry
from engine.service.store.starts import Start, end_start, find_start, of_run


def cancel(context: Context, run_id: str, *, reason: str) -> Start | None:
    """Stop the run; None where there is none. One that is under way ends within seconds, and one that is over stays
    as it is."""
    found = find_start(context.journal, run_id)
    if found is None:
        return None
    if found.status == "queued" and end_start(context.journal, found, "cancelled", error=reason):
        with suppress(ConnectorProblem):  # no worker can take it any more, whatever the queue says
            context.dispatcher.withdraw(Entry.of(found))
    elif found.status in {"queued", "running"}:
        with context.journal.writing() as connection:
            asked = {"cancel_asked_at": instant()}
            goes_on = starts.c.status.in_(("queued", "running"))
            connection.execute(starts.update().where(of_run(context.journal, run_id) & goes_on).values(asked))
            mine = (runs.c.tenant == context.tenant) & (runs.c.run_id == run_id) & (runs.c.status == "running")
            connection.execute(runs.update().where(mine).values(asked))
    return find_start(context.journal, run_id)
