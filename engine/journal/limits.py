"""Rate limits that runs share, in the journal's database: each question is one transaction that holds one row."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects import postgresql

from engine.journal.journal import Journal, replace_row
from engine.journal.records import instant
from engine.journal.tables import limits
from engine.policies.counting import State, admit
from engine.policies.rates import Rate


def counted(journal: Journal, bucket: str, rates: Sequence[Rate]) -> int:
    """0 where a call may be made, which is counted then; else the microseconds to wait before asking again.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be used.
    """
    with journal.counting() as connection:
        before = _locked(connection, journal.tenant, bucket)
        state, wait = admit(before, rates, _now_us(connection))
        if wait == 0:
            row = {"tenant": journal.tenant, "bucket": bucket, "state": json.dumps(state), "changed_at": instant()}
            replace_row(connection, limits, row)
        return wait


def _locked(connection: Connection, tenant: str, bucket: str) -> State:
    """The state of a bucket, which nobody else reads before this transaction ends."""
    found = select(limits.c.state).where((limits.c.tenant == tenant) & (limits.c.bucket == bucket))
    if connection.dialect.name == "postgresql":
        empty = {"tenant": tenant, "bucket": bucket, "state": "{}", "changed_at": instant()}
        connection.execute(postgresql.insert(limits).values(empty).on_conflict_do_nothing())
        found = found.with_for_update()
    state = connection.execute(found).scalar()  # SQLite's transactions begin with the lock on writing
    known: State = json.loads(state) if state else {}
    return known


def _now_us(connection: Connection) -> int:
    """The database's clock, read when the lock is held. That of a SQLite file is this machine's."""
    if connection.dialect.name == "postgresql":
        asked = text("select (extract(epoch from clock_timestamp()) * 1000000)::bigint")
        return int(connection.execute(asked).scalar_one())
    return time.time_ns() // 1000
