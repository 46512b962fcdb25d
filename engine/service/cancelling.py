"""Stopping a run that was asked for, whether it waits or is under way, on whatever machine."""

from __future__ import annotations

from contextlib import suppress

from connectors.problem import ConnectorProblem
from engine.journal.runs import ask_to_cancel
from engine.service.context import Context
from engine.service.store.starts import Start, end_start, find_start


def cancel(context: Context, run_id: str, *, reason: str) -> Start | None:
    """Stop the run; None where there is none. One that is under way ends within seconds, and one that is over stays
    as it is."""
    found = find_start(context.journal, run_id)
    if found is None:
        return None
    if found.status == "queued" and end_start(context.journal, found, "cancelled", error=reason):
        with suppress(ConnectorProblem):
            context.dispatcher.withdraw(found)
    elif found.status in {"queued", "running"}:
        ask_to_cancel(context.journal, run_id)
    return find_start(context.journal, run_id)
