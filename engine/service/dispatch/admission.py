"""Which of the runs that wait in the journal are handed to the workers now: as many as their limits permit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from engine.journal.migrations import alone
from engine.journal.tables import starts
from engine.service.context import Context
from engine.service.store.clock import now_of, written
from engine.service.store.starts import Start, start_of

MOST_AT_ONCE = 100


def admit(context: Context) -> int:
    """Hand over the runs that wait and may begin, those of a smaller priority first, then the older ones; how many.

    They are marked first: where this process dies before all are handed over, the sweeper finds that out.
    """
    count = 0
    while chosen := _marked(context):
        for each in chosen:
            context.dispatcher.dispatch(each)
        count += len(chosen)
    return count


def is_limited(context: Context, workflow: str) -> bool:
    """Whether a run of it may have to wait for others."""
    return context.settings.starts_per_minute is not None or workflow in context.settings.max_runs


def _marked(context: Context) -> list[Start]:
    with context.journal.looking() as connection:
        if connection.execute(_waiting(context).limit(1)).first() is None:
            return []
    with context.journal.counting() as connection:
        alone(connection)
        left, in_all = _places(context, connection), _starts_left(context, connection)
        if in_all <= 0:
            return []
        # Those of a workflow that has all its places taken stand in nobody's way.
        full = [workflow for workflow, count in left.items() if count <= 0]
        asked = _waiting(context).where(starts.c.workflow.not_in(full)).limit(min(MOST_AT_ONCE, in_all))
        chosen = []
        for each in map(start_of, connection.execute(asked).mappings()):
            if left.get(each.workflow, 1) > 0:
                chosen.append(each)
                left[each.workflow] = left.get(each.workflow, len(chosen) + MOST_AT_ONCE) - 1
        ours = (starts.c.tenant == context.tenant) & starts.c.run_id.in_([each.run_id for each in chosen])
        if chosen:
            connection.execute(starts.update().where(ours).values(dispatched_at=written(now_of(connection))))
    return chosen


def _waiting(context: Context) -> Select[Any]:
    """The runs that were not handed over."""
    waits = (starts.c.tenant == context.tenant) & (starts.c.status == "queued") & starts.c.dispatched_at.is_(None)
    return select(starts).where(waits).order_by(starts.c.priority, starts.c.asked_at, starts.c.run_id)


def _places(context: Context, connection: Connection) -> dict[str, int]:
    """How many more runs of each limited workflow may be under way."""
    left = dict(context.settings.max_runs)
    if left:
        handed = (starts.c.status == "running") | ((starts.c.status == "queued") & starts.c.dispatched_at.is_not(None))
        mine = (starts.c.tenant == context.tenant) & starts.c.workflow.in_(left)
        counted = select(starts.c.workflow, func.count()).where(mine & handed).group_by(starts.c.workflow)
        for workflow, count in connection.execute(counted):
            left[workflow] -= count
    return left


def _starts_left(context: Context, connection: Connection) -> int:
    """How many more runs may begin within this minute."""
    most = context.settings.starts_per_minute
    if most is None:
        return MOST_AT_ONCE
    since = written(now_of(connection) - timedelta(minutes=1))
    recent = (starts.c.tenant == context.tenant) & (starts.c.dispatched_at > since)
    return most - (connection.execute(select(func.count()).select_from(starts).where(recent)).scalar() or 0)
