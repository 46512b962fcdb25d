"""Limits that several processes count together: each takes a share ahead for a moment, and calls use it up here.

A share is counted until its end as if it were used there, and so no window ever holds more calls than it may; who asks
for the next one tells what became of the last, which is counted anew from then on. Who calls rarely takes single
calls; the more often somebody calls, the larger the shares are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

_PART = 10
"""A share is at most this part of a limit, and stands for this part of its window …"""
_LONGEST_S = 2.0
"""… but no longer than this."""
_MOST_SHARES = 10_000
_MOST_AT_ONCE = 256
_WORTH_TELLING = 1.05
"""A service that asks 50 calls at once to wait is not passed on 50 times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLimit:
    """At most `rate` units in any `per_s` seconds. `name` is what shares the count; it never gets out as it is."""

    name: str
    rate: float
    per_s: float

    @property
    def share_s(self) -> float:
        """How long a share stands."""
        return min(self.per_s / _PART, _LONGEST_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """What became of a share: `units` of it are used, the last of them `ago_s` ago."""

    moment: int
    taken: float
    units: float
    ago_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A share of at least and at most so many units."""

    limit: SharedLimit
    least: float
    most: float
    former: Former | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A share, by the moment at which it is counted, or how long to wait before asking again."""

    units: float = 0.0
    moment: int = 0
    wait_s: float = 0.0


class Counts(Protocol):
    """Where shares are counted. It may wait for other processes: it is asked in threads."""

    def shares(self, wanted: Sequence[Wanted]) -> list[Given]:
        """A share for each.

        Raises:
            ConnectorProblem: IR596 where nothing can be counted.
        """
        ...

    def hold(self, limit: SharedLimit, seconds: float) -> None:
        """Give nobody a share of the limit for so long."""
        ...


@dataclass(slots=True, eq=False)
class _Share:
    """What this process has of a limit."""

    moment: int | None = None
    taken: float = 0.0
    left: float = 0.0
    until_s: float = 0.0
    used_s: float = 0.0
    size: float = 1.0
    """So many units the next share has, where there are so many."""
    owed: float = 0.0
    """What calls took more than they said; negative where they took less."""
    held_until_s: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Leases:
    """The shares of one run. Used in one loop."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._shares: dict[tuple[str, float], _Share] = {}
        self._waiting: list[tuple[Wanted, asyncio.Future[Given]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def take(self, limit: SharedLimit, units: float, *, now_s: Callable[[], float],
                   sleep: Callable[[float], Awaitable[None]]) -> None:  # fmt: skip
        """Wait until so many units may be used, which are used then. Who asks first is first."""
        share = self._share(limit)
        async with share.turn:
            while True:
                needed = min(units + share.owed, limit.rate)
                if needed <= 0:
                    share.owed += units
                    return
                now = now_s()
                if now < share.held_until_s:
                    await sleep(share.held_until_s - now)
                    continue
                if now < share.until_s and share.left >= needed:
                    share.left -= needed
                    share.used_s, share.owed = now, units + share.owed - needed
                    return
                former = _ended(share, now)
                given = await self._given(Wanted(limit=limit, least=needed, former=former,
                                                 most=max(needed, min(share.size, limit.rate / _PART))))  # fmt: skip
                if given.wait_s > 0:
                    await sleep(given.wait_s)
                    continue
                share.moment, share.taken, share.left = given.moment, given.units, given.units - needed
                share.until_s, share.used_s, share.owed = now + limit.share_s, now_s(), units + share.owed - needed
                return

    def correct(self, limit: SharedLimit, units: float) -> None:
        """What was used is so much more than what was taken for it, or so much less: the next one takes that."""
        self._share(limit).owed += units

    async def hold(self, limit: SharedLimit, seconds: float, *, now_s: Callable[[], float]) -> None:
        """Let nobody use the limit for so long, here and elsewhere: its service has said that it was too much."""
        share, now = self._share(limit), now_s()
        if share.held_until_s - now >= seconds / _WORTH_TELLING:
            return
        share.held_until_s = max(share.held_until_s, now + seconds)
        await asyncio.to_thread(self._counts.hold, limit, seconds)

    def _share(self, limit: SharedLimit) -> _Share:
        key = limit.name, limit.per_s
        found = self._shares.get(key)
        if found is None:
            if len(self._shares) >= _MOST_SHARES:  # keys of rows: those that were asked first are over first
                for each in list(self._shares)[: _MOST_SHARES // 2]:
                    if not self._shares[each].turn.locked():
                        del self._shares[each]
            found = self._shares[key] = _Share()
        return found

    async def _given(self, wanted: Wanted) -> Given:
        """A share; what is asked for at the same time is asked together."""
        future: asyncio.Future[Given] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
        return await future

    async def _ask(self) -> None:
        try:
            while some := self._waiting[:_MOST_AT_ONCE]:
                del self._waiting[: len(some)]
                try:
                    found = await asyncio.to_thread(self._counts.shares, [each for each, _ in some])
                except Exception as error:  # whoever waits has it: it is theirs
                    for _, future in some:
                        if not future.done():
                            future.set_exception(error)
                    continue
                for (_, future), each in zip(some, found, strict=True):
                    if not future.done():
                        future.set_result(each)
        finally:
            self._asking = None


def _ended(share: _Share, now_s: float) -> Former | None:
    """What became of the share that is over; the next one is as large as this one turned out to have to be."""
    if share.moment is None:
        return None
    used = share.taken - share.left
    is_spent = share.left <= 0 or now_s < share.until_s
    share.size = share.taken * 2 if is_spent else max(used, share.taken / 2)
    former = Former(moment=share.moment, taken=share.taken, units=used, ago_s=max(now_s - share.used_s, 0.0))
    share.moment, share.left = None, 0.0
    return former
