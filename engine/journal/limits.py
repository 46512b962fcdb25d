"""Rate limits that runs share, in the journal's database: each question is one transaction that holds its rows."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.dialects import postgresql

from connectors.leases import Given, Wanted
from engine.journal.journal import Journal, insert_new, replace_row
from engine.journal.notes import Execute, note_row
from engine.journal.records import instant
from engine.journal.tables import limits
from engine.policies.counting import State, admit, held, settled_share, share
from engine.policies.limits import BRIEF
from engine.policies.rates import SECOND_US, Rate
from ir.records import dataclass

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
    with _buckets(journal) as buckets:
        state, given = buckets.state(bucket), 0
        now_us = buckets.now_us()
        while given < most:
            state, wait = admit(state, rates, now_us)
            if wait:
                break
            given += 1
        if given:
            buckets.keep(bucket, state)
        return given, 0 if given else wait


def shared(journal: Journal, asked: Sequence[tuple[str, Wanted]]) -> list[Given]:
    """A share of each bucket that is asked for, in one transaction.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be used.
    """
    found: dict[int, Given] = {}
    with _buckets(journal) as buckets:
        # in one order, so that no two of them wait for each other
        for place in sorted(range(len(asked)), key=lambda each: asked[each][0]):
            bucket, wanted = asked[place]
            found[place] = _given(buckets, bucket, wanted)
    return [found[place] for place in range(len(asked))]


def _given(buckets: _Buckets, bucket: str, wanted: Wanted) -> Given:
    limit = wanted.limit
    rate = Rate(strategy="sliding_window", calls=max(int(limit.rate * _PARTS), 1), burst=1,
                window_us=math.ceil(limit.per_s * SECOND_US))  # fmt: skip
    before = state = buckets.state(bucket)
    now_us = buckets.now_us()
    for former in wanted.formers:
        state = settled_share(state, rate, now_us, moment=former.moment, taken=round(former.taken * _PARTS),
                              used=round(former.units * _PARTS), ago_us=int(former.ago_s * SECOND_US))  # fmt: skip
    least = min(math.ceil(wanted.least * _PARTS), rate.calls)
    state, given, moment = share(state, rate, now_us, least=least, most=int(wanted.most * _PARTS),
                                 stands_us=math.ceil(limit.share_s * SECOND_US))  # fmt: skip
    if state is not before:
        buckets.keep(bucket, state)
    if not before and bucket.startswith(BRIEF) and secrets.randbelow(_FORGETS_EVERY) == 0:
        buckets.forget()
    return Given(units=given / _PARTS, moment=moment) if given else Given(wait_s=moment / SECOND_US)


def hold(journal: Journal, bucket: str, seconds: float) -> None:
    """Let nobody have a share of the bucket for so long.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be used.
    """
    with _buckets(journal) as buckets:
        before = buckets.state(bucket)
        hold_us = int(min(seconds, _LONGEST_HOLD_S) * SECOND_US)
        buckets.keep(bucket, held(before, buckets.now_us(), hold_us))


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


class _Buckets(Protocol):
    """The limits of one tenant in one transaction."""

    def state(self, bucket: str) -> State:
        """The state of a bucket, which nobody else reads before this transaction ends."""
        ...

    def keep(self, bucket: str, state: State) -> None: ...

    def now_us(self) -> int:
        """The database's clock, read when the lock is held."""
        ...

    def forget(self) -> None:
        """Let go of what has passed long ago, and nobody is about to use again."""
        ...


@contextmanager
def _buckets(journal: Journal) -> Iterator[_Buckets]:
    file = journal.plain()
    if file is not None:
        with file.noting(may_be_lost=True) as execute:
            yield _OfFile(execute, journal.tenant)
        return
    with journal.counting() as connection:
        yield _OfServer(connection, journal.tenant)


@dataclass(frozen=True, slots=True)
class _OfFile:
    """In a SQLite file, whose transactions begin with the lock on writing."""

    execute: Execute
    tenant: str

    def state(self, bucket: str) -> State:
        asked = "select state from weirflow_limits where tenant = ? and bucket = ?"
        return _read(self.execute(asked, (self.tenant, bucket)).fetchone())

    def keep(self, bucket: str, state: State) -> None:
        note_row(self.execute, "weirflow_limits", {"tenant": self.tenant, "bucket": bucket, "state": json.dumps(state),
                                                   "changed_at": instant()})  # fmt: skip

    def now_us(self) -> int:
        return time.time_ns() // 1000  # that of a file is this machine's

    def forget(self) -> None:
        gone = "delete from weirflow_limits where tenant = ? and substr(bucket, 1, ?) = ? and changed_at < ?"
        self.execute(gone, (self.tenant, len(BRIEF), BRIEF, _forgotten_before()))


@dataclass(frozen=True, slots=True)
class _OfServer:
    """In a database that several write to at once."""

    connection: Connection
    tenant: str

    def state(self, bucket: str) -> State:
        is_server = self.connection.dialect.name == "postgresql"
        if is_server:
            empty = {"tenant": self.tenant, "bucket": bucket, "state": "{}", "changed_at": instant()}
            self.connection.execute(postgresql.insert(limits).values(empty).on_conflict_do_nothing())
        asked = _state(is_locked=is_server)
        return _read(self.connection.execute(asked, {"of_tenant": self.tenant, "of_bucket": bucket}).first())

    def keep(self, bucket: str, state: State) -> None:
        replace_row(self.connection, limits, {"tenant": self.tenant, "bucket": bucket, "state": json.dumps(state),
                                              "changed_at": instant()})  # fmt: skip

    def now_us(self) -> int:
        if self.connection.dialect.name == "postgresql":
            asked = text("select (extract(epoch from clock_timestamp()) * 1000000)::bigint")
            return int(self.connection.execute(asked).scalar_one())
        return time.time_ns() // 1000

    def forget(self) -> None:
        old = ((limits.c.tenant == self.tenant) & limits.c.bucket.startswith(BRIEF)
               & (limits.c.changed_at < _forgotten_before()))  # fmt: skip
        passed = select(limits.c.bucket).where(old).with_for_update(skip_locked=True)
        self.connection.execute(limits.delete().where((limits.c.tenant == self.tenant) & limits.c.bucket.in_(passed)))


def _read(row: Sequence[Any] | None) -> State:
    known: State = json.loads(row[0]) if row is not None and row[0] else {}
    return known


def _forgotten_before() -> str:
    return (datetime.now(UTC) - _FORGOTTEN_AFTER).isoformat(timespec="microseconds")


# made once: to make a statement takes longer than a database does
@cache
def _state(*, is_locked: bool) -> Any:
    """The state of one bucket."""
    is_it = (limits.c.tenant == bindparam("of_tenant")) & (limits.c.bucket == bindparam("of_bucket"))
    found = select(limits.c.state).where(is_it)
    return found.with_for_update() if is_locked else found
