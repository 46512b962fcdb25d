"""Limits that several processes count together: each takes a share ahead for a moment, and calls use it up here.

A share is counted until its end as if it were used there, and so no window ever holds more calls than it may; who asks
for another one tells what became of those that are over, which are counted anew from then on. Who calls rarely takes
single calls; the more often somebody calls, the larger the shares are, and the next one is asked for while the last is
still used, so that no call waits for the question.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import field
from typing import Protocol

from ir.records import dataclass

_PART = 10
"""A share is at most this part of a limit, and stands for this part of its window …"""
_LONGEST_S = 2.0
"""… but no longer than this."""
_WORTH_ASKING_AHEAD = 8.0
"""Of smaller shares nothing is asked for before it is needed: it might not be."""
_AMPLE = 1.25
"""Shares that last for their time are so much larger than what was used in one."""
_SHORTEST_S = 0.001
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
    """A share of at least and at most so many units. With a least of 0 nothing of it is used at once."""

    limit: SharedLimit
    least: float
    most: float
    formers: tuple[Former, ...] = ()


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


@dataclass(slots=True, eq=False, kw_only=True)
class _Part:
    """What was given at once, as it is used up."""

    moment: int
    taken: float
    left: float
    until_s: float
    since_s: float
    """When the first of it was used."""
    used_s: float


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Somebody whose turn has not come."""

    units: float
    served: asyncio.Future[None]
    now_s: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]


@dataclass(slots=True, eq=False)
class _Share:
    """What this process has of a limit."""

    part: _Part | None = None
    following: _Part | None = None
    """What was asked for ahead."""
    over: list[_Part] = field(default_factory=list)
    """What became of these is still to be told."""
    size: float = 1.0
    """So many units the next part has, where there are so many."""
    asked: asyncio.Future[Given] | None = None
    """The question for what follows, while it is on its way."""
    asks_at: float = -1.0
    """When no more of the part than this is left, what follows is asked for, …"""
    asks_after_s: float = math.inf
    """… or after this moment."""
    took_s: float = 0.0
    """So long the last question took."""
    owed: float = 0.0
    """What calls took more than they said; negative where they took less."""
    held_until_s: float = 0.0
    waiting: deque[_Waiting] = field(default_factory=deque)
    serving: asyncio.Task[None] | None = None

    def use(self, limit: SharedLimit, units: float, now_s: float) -> bool:
        """Whether so many units are there, which are used then."""
        needed = min(units + self.owed, limit.rate)
        if needed > 0:
            if now_s < self.held_until_s:
                return False
            while (part := self.part) is None or part.left < needed or now_s >= part.until_s:
                if part is not None:
                    self._end(part, now_s)
                self.part, self.following = self.following, None
                if self.part is None:
                    return False
                self._begin(self.part, limit, now_s)
            part.left -= needed
            part.used_s = now_s
        self.owed += units - max(needed, 0.0)
        return True

    def have(self, limit: SharedLimit, part: _Part) -> None:
        """Use it from now on."""
        self.part = part
        self._begin(part, limit, part.used_s)

    def told(self, now_s: float) -> tuple[Former, ...]:
        """What became of what is over."""
        over, self.over = self.over, []
        return tuple(Former(moment=each.moment, taken=each.taken, units=each.taken - each.left,
                            ago_s=max(now_s - each.used_s, 0.0)) for each in over)  # fmt: skip

    def wants_more(self, now_s: float) -> bool:
        """Whether it is time to ask for what follows."""
        part = self.part
        return (part is not None and (part.left <= self.asks_at or now_s > self.asks_after_s)
                and self.asked is None and self.following is None)  # fmt: skip

    def wanted_ahead(self, limit: SharedLimit, now_s: float) -> float:
        """So much is used in the time of a share at the present speed; at most twice of what there was, so that it
        grows by steps."""
        assert self.part is not None
        taken = self.part.taken
        speed = (taken - self.part.left) / max(now_s - self.part.since_s, _SHORTEST_S)
        return min(max(speed * limit.share_s * _AMPLE, taken / 2), taken * 2)

    def _begin(self, part: _Part, limit: SharedLimit, now_s: float) -> None:
        part.since_s = part.used_s = now_s
        self.asks_at, self.asks_after_s = -1.0, math.inf
        if part.taken >= _WORTH_ASKING_AHEAD:
            self.asks_at = part.taken / 4
            self.asks_after_s = part.until_s - min(max(2 * self.took_s, limit.share_s / _PART), limit.share_s / 2)

    def _end(self, part: _Part, now_s: float) -> None:
        """The next one is as large as this one turned out to have to be."""
        is_spent = part.left <= 0 or now_s < part.until_s
        self.size = part.taken * 2 if is_spent else max(part.taken - part.left, part.taken / 2)
        self.over.append(part)


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
        if self.took(limit, units, now_s=now_s):
            return
        share = self._share(limit)
        served: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        share.waiting.append(_Waiting(units, served, now_s, sleep))
        if share.serving is None:
            share.serving = asyncio.ensure_future(self._serve(share, limit))
        await served
        if share.wants_more(now_s()):
            self._ask_ahead(share, limit, now_s)

    def took(self, limit: SharedLimit, units: float, *, now_s: Callable[[], float]) -> bool:
        """Whether so many units are there and it is nobody else's turn: they are used then."""
        share, now = self._share(limit), now_s()
        if share.waiting or not share.use(limit, units, now):
            return False
        if share.wants_more(now):
            self._ask_ahead(share, limit, now_s)
        return True

    async def _serve(self, share: _Share, limit: SharedLimit) -> None:
        """Serve who waits, until nobody does. Whoever a part is enough for goes on at once and not in turns, of which
        the loop has one for each."""
        try:
            while share.waiting:
                first = share.waiting[0]
                if first.served.done():  # given up
                    share.waiting.popleft()
                elif share.use(limit, first.units, now := first.now_s()):
                    share.waiting.popleft().served.set_result(None)
                elif now < share.held_until_s:
                    await first.sleep(share.held_until_s - now)
                elif share.asked is not None:
                    await asyncio.wait([share.asked])
                else:
                    await self._ask_for(first, share, limit, now)
        except BaseException as error:  # whoever waits has it: it is theirs
            for each in share.waiting:
                if isinstance(error, Exception) and not each.served.done():
                    each.served.set_exception(error)
                else:
                    each.served.cancel()
            share.waiting.clear()
            if not isinstance(error, Exception):
                raise
        finally:
            share.serving = None

    async def _ask_for(self, first: _Waiting, share: _Share, limit: SharedLimit, now: float) -> None:
        """Ask for a part that is enough for the first who waits, who has used that of it when it is there."""
        needed = min(first.units + share.owed, limit.rate)
        size = max(share.size, first.units * len(share.waiting))  # as if all who wait needed the same
        given = await self._asked(Wanted(limit=limit, least=needed, formers=share.told(now),
                                         most=max(needed, min(size, limit.rate / _PART))))  # fmt: skip
        then = first.now_s()
        share.took_s = then - now
        if given.wait_s > 0:
            await first.sleep(given.wait_s)
            return
        # used in any case: a least that was asked for is counted as used when it was given
        share.have(limit, _Part(moment=given.moment, taken=given.units, left=given.units - needed,
                                until_s=now + limit.share_s, since_s=then, used_s=then))  # fmt: skip
        share.owed += first.units - needed
        if not first.served.done():
            first.served.set_result(None)
        share.waiting.popleft()

    def _ask_ahead(self, share: _Share, limit: SharedLimit, now_s: Callable[[], float]) -> None:
        """Ask for what follows while there still is something."""
        now = now_s()
        most = min(share.wanted_ahead(limit, now), limit.rate / _PART)
        share.asked = self._asked(Wanted(limit=limit, least=0.0, most=most, formers=share.told(now)))

        def arrived(asked: asyncio.Future[Given]) -> None:
            share.asked, share.took_s = None, now_s() - now
            given = None if asked.cancelled() or asked.exception() is not None else asked.result()
            if given is not None and given.units > 0:
                share.following = _Part(moment=given.moment, taken=given.units, left=given.units,
                                        until_s=now + limit.share_s, since_s=now, used_s=now)  # fmt: skip
            else:  # whoever needs it asks, and hears what is wrong
                share.asks_at, share.asks_after_s = -1.0, math.inf

        share.asked.add_done_callback(arrived)

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
                    if not self._shares[each].waiting:
                        del self._shares[each]
            found = self._shares[key] = _Share()
        return found

    def _asked(self, wanted: Wanted) -> asyncio.Future[Given]:
        """A share that is asked for; what is asked for at the same time is asked together."""
        future: asyncio.Future[Given] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
        return future

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
                except BaseException:
                    for _, future in some:
                        future.cancel()
                    raise
                for (_, future), each in zip(some, found, strict=True):
                    if not future.done():
                        future.set_result(each)
        finally:
            self._asking = None
