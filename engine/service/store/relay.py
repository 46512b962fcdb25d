"""The end of one run and the beginning of the next one in the same worker: one transaction for both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, select

from engine.journal.journal import Journal
from engine.journal.tables import starts
from engine.service.store.clock import now_of, written
from engine.service.store.leases import take_in
from engine.service.store.logs import LogLine, insert_lines
from engine.service.store.starts import Start, StartStatus, end_in, start_of


def take_or_next(journal: Journal, run_id: str, *, attempt: int, worker: str, lease_s: float) -> Start | None:
    """Take the run, as `take_in` does; where it is not to be had, the first of those that were handed over."""
    with journal.counting() as connection:
        found = take_in(connection, journal.tenant, run_id, attempt=attempt, worker=worker, lease_s=lease_s)
        return found or _take_next(connection, journal.tenant, worker=worker, lease_s=lease_s)


def take_next(journal: Journal, *, worker: str, lease_s: float) -> Start | None:
    """Take the first of those that were handed over and that nobody has."""
    with journal.counting() as connection:
        return _take_next(connection, journal.tenant, worker=worker, lease_s=lease_s)


def end_and_take_next(journal: Journal, start: Start, status: StartStatus, *, error: str | None,
                      lines: Sequence[LogLine], lease_s: float | None, problem: str | None = None
                      ) -> Start | None:  # fmt: skip
    """Write down how a run that we hold has ended and the last lines of its log, and take the first of those that were
    handed over and that nobody has; without `lease_s` none is taken.

    Where the run was taken over meanwhile, its end is not written.
    """
    assert start.worker is not None
    with journal.writing() as connection:
        insert_lines(connection, lines)
        end_in(connection, journal.tenant, start, status, error=error, problem=problem)
        if lease_s is None:
            return None
        return _take_next(connection, journal.tenant, worker=start.worker, lease_s=lease_s)


def _take_next(connection: Connection, tenant: str, *, worker: str, lease_s: float) -> Start | None:
    now = now_of(connection)
    row = connection.execute(_taking_next(), {
        "of_tenant": tenant, "worker": worker, "lease_until": written(now + timedelta(seconds=lease_s)),
        "at": written(now),
    }).mappings().first()  # fmt: skip
    return None if row is None else start_of(row)


@cache
def _taking_next() -> Any:
    # What the index weirflow_starts_ready asks for has to stand in the statement as it stands there.
    waits = (starts.c.status == literal_column("'queued'")) & starts.c.dispatched_at.is_not(None)
    first = (
        select(starts.c.run_id)
        .where((starts.c.tenant == bindparam("of_tenant")) & waits)
        .order_by(starts.c.priority, starts.c.asked_at, starts.c.run_id)
        .limit(literal_column("1"))
        .with_for_update(skip_locked=True)  # which SQLite needs not, and SQLAlchemy leaves out there
    )
    return (
        starts.update()
        .where((starts.c.tenant == bindparam("of_tenant")) & waits & (starts.c.run_id == first.scalar_subquery()))
        .values({
            "attempt": starts.c.attempt + 1, "status": "running", "worker": bindparam("worker"),
            "lease_until": bindparam("lease_until"), "started_at": func.coalesce(starts.c.started_at, bindparam("at")),
        })
        .returning(*starts.c)
    )  # fmt: skip
