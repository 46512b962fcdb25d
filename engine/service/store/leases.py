"""The leases on runs: a worker that carries one out holds it for a while, and renews that as long as it lives.

Every function is one transaction. A power cut may take it back where the journal is a file: whoever held a lease is
gone then, and what was done under one is written after it. Instants are those of the database, so that the clocks of
machines may differ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import Connection, bindparam, func, select

from engine.journal.journal import Journal
from engine.journal.tables import starts
from engine.service.store.clock import now_of, written
from engine.service.store.starts import IS_RUN, Start, of_run, run_key, start_of
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the runs that a worker holds stand."""

    lost: frozenset[str]
    """Those that are not its own any more."""
    cancelled: frozenset[str]
    """Those that somebody wants to stop."""


def take_in(connection: Connection, tenant: str, run_id: str, *, attempt: int, worker: str, lease_s: float
            ) -> Start | None:  # fmt: skip
    """Take, in the transaction that is open, a run that nobody has taken since the attempt was seen; it is ours until
    the lease ends.

    None where another worker was faster or still holds it, or the run is over.
    """
    now = now_of(connection)
    values = {"attempt": attempt + 1, "status": "running", "worker": worker,
              "lease_until": written(now + timedelta(seconds=lease_s)), "at": written(now)}  # fmt: skip
    key = run_key(tenant, run_id)
    row = connection.execute(_TAKING, {**key, "of_attempt": attempt, **values}).mappings().first()
    return None if row is None else start_of(row)


_FREE = (starts.c.status == "queued") | ((starts.c.status == "running") & (starts.c.lease_until < bindparam("at")))
_TAKING = (
    starts.update()
    .where(IS_RUN & (starts.c.attempt == bindparam("of_attempt")) & _FREE)
    .values({name: bindparam(name) for name in ("attempt", "status", "worker", "lease_until")}
            | {"started_at": func.coalesce(starts.c.started_at, bindparam("at"))})
    .returning(*starts.c)
)  # fmt: skip


def renew_leases(journal: Journal, worker: str, held: Mapping[str, int], *, lease_s: float) -> Standing:
    """Renew the leases of the runs that the worker holds, which are given with their attempts."""
    mine = (starts.c.tenant == journal.tenant) & starts.c.run_id.in_(held) & (starts.c.worker == worker)
    running = mine & (starts.c.status == "running")
    with journal.counting() as connection:
        until = written(now_of(connection) + timedelta(seconds=lease_s))
        connection.execute(starts.update().where(running).values(lease_until=until))
        asked = select(starts.c.run_id, starts.c.attempt, starts.c.cancel_asked_at).where(running)
        found = {row.run_id: row for row in connection.execute(asked)}
    ours = {each for each, attempt in held.items() if each in found and found[each].attempt == attempt}
    return Standing(lost=frozenset(set(held) - ours),
                    cancelled=frozenset(each for each in ours if found[each].cancel_asked_at is not None))  # fmt: skip


def asked_to_stop(journal: Journal, held: Collection[str]) -> list[str]:
    """Those of the runs that somebody wants to stop."""
    asked = (starts.c.tenant == journal.tenant) & starts.c.run_id.in_(held) & starts.c.cancel_asked_at.is_not(None)
    with journal.looking() as connection:
        return list(connection.execute(select(starts.c.run_id).where(asked)).scalars())


def let_go(journal: Journal, start: Start, *, is_loss: bool) -> None:
    """End the lease of a run that goes on elsewhere; no `is_loss` where its worker has only been stopped."""
    ours = of_run(journal, start.run_id) & (starts.c.attempt == start.attempt) & (starts.c.worker == start.worker)
    with journal.counting() as connection:
        now = written(now_of(connection))
        losses = starts.c.losses if is_loss else starts.c.losses - 1  # whoever finds that it has lapsed counts one
        values = {"lease_until": now, "losses": losses}
        connection.execute(starts.update().where(ours & (starts.c.status == "running")).values(values))


def lapsed_starts(journal: Journal, *, limit: int) -> list[Start]:
    """The runs whose workers have not renewed their leases."""
    with journal.looking() as connection:
        late = (starts.c.status == "running") & (starts.c.lease_until < written(now_of(connection)))
        asked = select(starts).where((starts.c.tenant == journal.tenant) & late).limit(limit)
        return [start_of(row) for row in connection.execute(asked).mappings()]


def give_back(journal: Journal, start: Start) -> bool:
    """Let a run whose lease has lapsed wait for another worker; false where it was renewed or taken meanwhile.

    The attempt still stands, so that what its process has done until another one takes the run counts.
    """
    with journal.counting() as connection:
        late = (starts.c.status == "running") & (starts.c.lease_until < written(now_of(connection)))
        found = of_run(journal, start.run_id) & (starts.c.attempt == start.attempt) & late
        values = {"status": "queued", "worker": None, "lease_until": None, "dispatched_at": None,
                  "losses": starts.c.losses + 1}  # fmt: skip
        return connection.execute(starts.update().where(found).values(values)).rowcount == 1
