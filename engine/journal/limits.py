"""Rate limits that runs share, in the journal's database: each question is one transaction that holds its rows."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.dialects import postgresql

from connectors.leases import Given, Wanted
from engine.journal.journal import Journal, insert_new, replace_row
from engine.journal.records import instant
from engine.journal.tables import limits
from engine.policies.counting import State, admit, held, settled_share, share
from engine.policies.limits import BRIEF
from engine.policies.rates import SECOND_US, Rate

_KEY = "key"
"""The bucket that is none: under this key the names of the others are digests."""
_PARTS = 1000
"""Units are counted in whole thousandths."""
_LONGEST_HOLD_S = 3600.0
"""A service that asks for more is asked again after so long: one wrong answer must not stop every run for a year."""
_FORGOTTEN_AFTER = timedelta(days=1)
_FORGETS_EVERY = 256


def counted(journal: Journal, bucket: str, rates: Sequence[Rate], *, most: int = 1) -> tuple[int, int]:
    """How many calls may be made now, up to `most`, which are counted then; where it is none, also the microseconds to
    wait before asking again.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be used.
    """
    with journal.counting() as connection:
        state, given = _locked(connection, journal.tenant, bucket), 0
        now_us = _now_us(connection)
        while given < most:
            state, wait = admit(state, rates, now_us)
            if wait:
                break
            given += 1
        if given:
            _keep(connection, journal.tenant, bucket, state)
        return given, 0 if given else wait


def shared(journal: Journal, asked: Sequence[tuple[str, Wanted]]) -> list[Given]:
    """A share of each bucket that is asked for, in one transaction.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be used.
    """
    found: dict[int, Given] = {}
    with journal.counting() as connection:
        # in one order, so that no two of them wait for each other
        for place in sorted(range(len(asked)), key=lambda each: asked[each][0]):
            bucket, wanted = asked[place]
            found[place] = _given(connection, journal.tenant, bucket, wanted)
    return [found[place] for place in range(len(asked))]


def _given(connection: Connection, tenant: str, bucket: str, wanted: Wanted) -> Given:
    limit = wanted.limit
    rate = Rate(strategy="sliding_window", calls=max(int(limit.rate * _PARTS), 1), burst=1,
                window_us=math.ceil(limit.per_s * SECOND_US))  # fmt: skip
    before = state = _locked(connection, tenant, bucket)
    now_us = _now_us(connection)
    for former in wanted.formers:
        state = settled_share(state, rate, now_us, moment=former.moment, taken=round(former.taken * _PARTS),
                              used=round(former.units * _PARTS), ago_us=int(former.ago_s * SECOND_US))  # fmt: skip
    least = min(math.ceil(wanted.least * _PARTS), rate.calls)
    state, given, moment = share(state, rate, now_us, least=least, most=int(wanted.most * _PARTS),
                                 stands_us=math.ceil(limit.share_s * SECOND_US))  # fmt: skip
    if state is not before:
        _keep(connection, tenant, bucket, state)
    if not before and bucket.startswith(BRIEF) and secrets.randbelow(_FORGETS_EVERY) == 0:
        _forget(connection, tenant)
    return Given(units=given / _PARTS, moment=moment) if given else Given(wait_s=moment / SECOND_US)


def hold(journal: Journal, bucket: str, seconds: float) -> None:
    """Let nobody have a share of the bucket for so long.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be used.
    """
    with journal.counting() as connection:
        before = _locked(connection, journal.tenant, bucket)
        hold_us = int(min(seconds, _LONGEST_HOLD_S) * SECOND_US)
        _keep(connection, journal.tenant, bucket, held(before, _now_us(connection), hold_us))


def names(journal: Journal) -> Callable[[str], str]:
    """How buckets are named: by a digest under a key of the journal's own.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be used.
    """
    row = {"tenant": journal.tenant, "bucket": _KEY, "state": secrets.token_hex(32), "changed_at": instant()}
    asked = select(limits.c.state).where((limits.c.tenant == journal.tenant) & (limits.c.bucket == _KEY))
    with journal.writing() as connection:
        known = connection.execute(asked).scalar()
        if known is None:
            insert_new(connection, limits, row)  # who was first, says it
            known = connection.execute(asked).scalar_one()
    key = bytes.fromhex(known)
    return lambda name: hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:32]


def _forget(connection: Connection, tenant: str) -> None:
    """Let go of what has passed long ago, and nobody is about to use again."""
    before = (datetime.now(UTC) - _FORGOTTEN_AFTER).isoformat(timespec="microseconds")
    old = (limits.c.tenant == tenant) & limits.c.bucket.startswith(BRIEF) & (limits.c.changed_at < before)
    passed = select(limits.c.bucket).where(old).with_for_update(skip_locked=True)
    connection.execute(limits.delete().where((limits.c.tenant == tenant) & limits.c.bucket.in_(passed)))


def _keep(connection: Connection, tenant: str, bucket: str, state: State) -> None:
    row = {"tenant": tenant, "bucket": bucket, "state": json.dumps(state), "changed_at": instant()}
    replace_row(connection, limits, row)


def _locked(connection: Connection, tenant: str, bucket: str) -> State:
    """The state of a bucket, which nobody else reads before this transaction ends."""
    is_server = connection.dialect.name == "postgresql"
    if is_server:
        empty = {"tenant": tenant, "bucket": bucket, "state": "{}", "changed_at": instant()}
        connection.execute(postgresql.insert(limits).values(empty).on_conflict_do_nothing())
    state = connection.execute(_state(is_locked=is_server), {"of_tenant": tenant, "of_bucket": bucket}).scalar()
    known: State = json.loads(state) if state else {}
    return known


# made once: to make a statement takes longer than SQLite does
@cache
def _state(*, is_locked: bool) -> Any:
    """The state of one bucket; transactions of SQLite begin with the lock on writing."""
    is_it = (limits.c.tenant == bindparam("of_tenant")) & (limits.c.bucket == bindparam("of_bucket"))
    found = select(limits.c.state).where(is_it)
    return found.with_for_update() if is_locked else found


def _now_us(connection: Connection) -> int:
    """The database's clock, read when the lock is held. That of a SQLite file is this machine's."""
    if connection.dialect.name == "postgresql":
        asked = text("select (extract(epoch from clock_timestamp()) * 1000000)::bigint")
        return int(connection.execute(asked).scalar_one())
    return time.time_ns() // 1000
