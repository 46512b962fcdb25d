"""The runs that a service was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from sqlalchemy import Connection, RowMapping, bindparam, select

from engine.fields import fields_of
from engine.journal.journal import Journal, insert_many, insert_new
from engine.journal.records import instant
from engine.journal.tables import starts
from engine.service.store.events import note_ended
from ir.records import dataclass

Cause = Literal["manual", "schedule", "webhook", "event", "resume", "replay"]
StartStatus = Literal["queued", "running", "done", "failed", "cancelled"]
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A run that was asked for; see engine.journal.tables."""

    run_id: str
    workflow: str
    version: int
    document: str
    syntax: str
    file: str | None
    base: str
    cause: Cause
    about: str = "{}"
    idempotency_key: str | None = None
    inputs: str = "{}"
    options: str = "{}"
    priority: int = 10
    """The smaller is first."""
    status: StartStatus = "queued"
    attempt: int = 0
    worker: str | None = None
    lease_until: str | None = None
    losses: int = 0
    """So many workers that had it were lost."""
    dispatched_at: str | None = None
    cancel_asked_at: str | None = None
    error: str | None = None
    asked_by: str = ""
    asked_at: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    problem: str | None = None


def add_start(journal: Journal, start: Start) -> Start:
    """Write a run down that is asked for. Where one with its idempotency key stands, that is what is given back."""
    with journal.writing() as connection:
        if insert_start(connection, journal.tenant, start):
            return start
    found = start_by_key(journal, start.idempotency_key or "") or find_start(journal, start.run_id)
    assert found is not None
    return found


def add_replay(journal: Journal, start: Start, parent: str) -> Start | None:
    """Write a replay of this run down as `add_start` does; None where another one waits or goes on."""
    with journal.writing() as connection:
        of_parent = (starts.c.tenant == journal.tenant) & (starts.c.run_id == parent)
        connection.execute(select(starts.c.run_id).where(of_parent).with_for_update())  # one at a time
        is_open = (starts.c.tenant == journal.tenant) & starts.c.status.in_(("queued", "running"))
        same = is_open & (starts.c.cause == "replay") & (starts.c.about == start.about)
        row = connection.execute(select(starts).where(same)).mappings().first()
        if row is not None:
            found = start_of(row)
            return found if start.idempotency_key and found.idempotency_key == start.idempotency_key else None
        if insert_start(connection, journal.tenant, start):
            return start
    return start_by_key(journal, start.idempotency_key or "")


def insert_start(connection: Connection, tenant: str, start: Start) -> bool:
    """Write it down in the transaction that is open; false where one with its idempotency key stands."""
    return insert_new(connection, starts, {**fields_of(start), "tenant": tenant})


def insert_starts(connection: Connection, tenant: str, new: Sequence[Start]) -> list[Start]:
    """Write them down in the transaction that is open; those that are, since none with their idempotency key stood."""
    if not new:
        return []
    insert_many(connection, starts, [{**fields_of(each), "tenant": tenant} for each in new])
    written = set[str]()
    for at in range(0, len(new), _AT_ONCE):
        ids = [each.run_id for each in new[at : at + _AT_ONCE]]
        asked = select(starts.c.run_id).where((starts.c.tenant == tenant) & starts.c.run_id.in_(ids))
        written.update(connection.execute(asked).scalars())
    return [each for each in new if each.run_id in written]


def start_by_key(journal: Journal, key: str) -> Start | None:
    """The run that was asked for with this idempotency key."""
    with journal.looking() as connection:
        found = (starts.c.tenant == journal.tenant) & (starts.c.idempotency_key == key)
        row = connection.execute(select(starts).where(found)).mappings().first()
    return None if row is None else start_of(row)


def find_start(journal: Journal, run_id: str) -> Start | None:
    """The run that was asked for under this id."""
    with journal.looking() as connection:
        row = connection.execute(BY_RUN, run_key(journal.tenant, run_id)).mappings().first()
    return None if row is None else start_of(row)


def start_in(connection: Connection, tenant: str, run_id: str) -> Start | None:
    """The run that was asked for under this id, in the transaction that is open."""
    found = (starts.c.tenant == tenant) & (starts.c.run_id == run_id)
    row = connection.execute(select(starts).where(found)).mappings().first()
    return None if row is None else start_of(row)


def end_start(journal: Journal, start: Start, status: StartStatus, *, error: str | None = None) -> bool:
    """Write down how a run that we hold has ended; false where it was taken over meanwhile."""
    with journal.writing() as connection:
        return end_in(connection, journal.tenant, start, status, error=error)


def end_in(connection: Connection, tenant: str, start: Start, status: StartStatus, *, error: str | None = None,
           problem: str | None = None) -> bool:  # fmt: skip
    """As `end_start`, in the transaction that is open."""
    values = {"status": status, "error": error, "problem": problem, "lease_until": None, "finished_at": instant()}
    ended = connection.execute(_ENDING, {**run_key(tenant, start.run_id), "of_attempt": start.attempt,
                                         "of_worker": start.worker, **values})  # fmt: skip
    if ended.rowcount == 1:
        note_ended(connection, tenant, start, status)
    return ended.rowcount == 1


def of_run(journal: Journal, run_id: str) -> Any:
    """Whether a row is that of the run."""
    return (starts.c.tenant == journal.tenant) & (starts.c.run_id == run_id)


IS_RUN = (starts.c.tenant == bindparam("of_tenant")) & (starts.c.run_id == bindparam("of_run"))
BY_RUN = select(starts).where(IS_RUN)
# Statements that every run needs are made once: to make them takes longer than SQLite does for them.
_ENDING = starts.update().where(
    IS_RUN & (starts.c.attempt == bindparam("of_attempt"))
    & starts.c.worker.is_not_distinct_from(bindparam("of_worker"))
    & starts.c.status.in_(("queued", "running"))
).values({name: bindparam(name) for name in ("status", "error", "problem", "lease_until", "finished_at")})  # fmt: skip


def run_key(tenant: str, run_id: str) -> dict[str, Any]:
    """What IS_RUN compares with."""
    return {"of_tenant": tenant, "of_run": run_id}


def start_of(row: RowMapping) -> Start:
    """What a row says."""
    known = cast("dict[str, Any]", {name: value for name, value in row.items() if name != "tenant"})
    return Start(**known)
