"""How much of a service may be used, counted once for the whole process, or together with others."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Iterable, Iterator
from dataclasses import field
from functools import lru_cache

from connectors.leases import Leases, SharedLimit
from connectors.plugins.manifest import Limit
from connectors.plugins.pace import Pace
from connectors.plugins.templating import MISSING, Rendered, Roots, compiled
from ir.records import dataclass
from ir.value_text import text_of


@dataclass(slots=True)
class Window:
    """At most `rate` units in any `per_s` seconds: requests get their moments in the order in which they ask."""

    rate: float
    per_s: float
    _given: deque[tuple[float, float]] = field(default_factory=deque)
    _units: float = 0.0
    _last_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, weight: float, now_s: float) -> float:
        """How long to wait for the moment that is now reserved."""
        with self._lock:
            weight = min(weight, self.rate)
            at_s = max(now_s, self._last_s)
            while self._given and self._given[0][0] + self.per_s <= at_s:
                self._units -= self._given.popleft()[1]
            while self._given and self._units + weight > self.rate:
                then_s, units = self._given.popleft()
                self._units -= units
                at_s = max(at_s, then_s + self.per_s)
            self._given.append((at_s, weight))
            self._units += weight
            self._last_s = at_s
            return at_s - now_s

    def hold(self, until_s: float) -> None:
        """Let nobody ask before that moment: the service has said that it was too much."""
        with self._lock:
            self._last_s = max(self._last_s, until_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A limit as an action meets it."""

    limit: Limit
    key: Rendered | None
    weight: float


_windows: dict[tuple[str, ...], Window] = {}
_rooms: dict[tuple[str, ...], tuple[asyncio.AbstractEventLoop, asyncio.Semaphore]] = {}
_lock = threading.Lock()
_MOST_WINDOWS = 10_000


def bound(limits: list[Limit], own: list[Limit], weight: float | None) -> tuple[Bound, ...]:
    """The limits of a plugin and of one of its actions; `weight` is what the action costs of the plugin's. The one with
    the shortest time is last, since what waits for another one meanwhile is not used when it was meant to be."""
    return tuple(
        Bound(limit=each, key=compiled(each.key) if each.key is not None else None,
              weight=each.weight if weight is None or each in own else weight)
        for each in sorted((*limits, *own), key=lambda each: -each.per_s)
    )  # fmt: skip


class Within:
    """In the block one request is made: it has its place in every window, and room among those at the same time. Who
    does not want to wait where there is nothing to wait for asks for `begun`, and lets it `end`."""

    __slots__ = ("_connection", "_limits", "_pace", "_rooms", "_roots")

    def __init__(self, limits: tuple[Bound, ...], connection: str, roots: Roots, pace: Pace) -> None:
        self._limits = limits
        self._connection = connection
        self._roots = roots
        self._pace = pace
        self._rooms: list[asyncio.Semaphore] = []

    def begun(self) -> Awaitable[None] | None:
        """What to wait for before the request is made; None where it may be made at once, and is counted."""
        for each in self._limits:
            if each.limit.concurrency is not None:
                return self._with_room()
        return self._counted()

    def end(self) -> None:
        """The request is over."""
        for each in self._rooms:
            each.release()

    async def __aenter__(self) -> None:
        if (waiting := self.begun()) is not None:
            await waiting

    async def __aexit__(self, *_: object) -> None:
        self.end()

    async def _with_room(self) -> None:
        try:
            for each in self._limits:
                if each.limit.concurrency is not None:
                    room = _room(_name(each, self._connection, self._roots), each.limit.concurrency)
                    await room.acquire()
                    self._rooms.append(room)
            if (waiting := self._counted()) is not None:
                await waiting
        except BaseException:
            self.end()
            raise

    def _counted(self) -> Awaitable[None] | None:
        pace = self._pace
        if (leases := pace.leases) is not None:
            shared = _shared(self._limits, self._connection, self._roots)
            for limit, weight in shared:
                if not leases.took(limit, weight, now_s=pace.now_s):
                    return self._leased(leases, [(limit, weight), *shared])
            return None
        wait_s = 0.0
        for each in self._limits:
            if each.limit.rate is not None:
                window = _window(_name(each, self._connection, self._roots), each.limit.rate, each.limit.per_s)
                wait_s = max(wait_s, window.reserve(each.weight, pace.now_s()))
        return pace.sleep(wait_s) if wait_s > 0 else None

    async def _leased(self, leases: Leases, wanted: Iterable[tuple[SharedLimit, float]]) -> None:
        """Have its place in the windows that other processes count too."""
        for limit, weight in wanted:
            await leases.take(limit, weight, now_s=self._pace.now_s, sleep=self._pace.sleep)


async def hold(limits: tuple[Bound, ...], connection: str, roots: Roots, pace: Pace, seconds: float) -> None:
    """After a service has said that it was too much: nobody asks within these limits for so long."""
    if pace.leases is not None:
        for limit, _ in _shared(limits, connection, roots):
            await pace.leases.hold(limit, seconds, now_s=pace.now_s)
        return
    for each in limits:
        if each.limit.rate is not None:
            window = _window(_name(each, connection, roots), each.limit.rate, each.limit.per_s)
            window.hold(pace.now_s() + seconds)


def _shared(limits: tuple[Bound, ...], connection: str, roots: Roots) -> Iterator[tuple[SharedLimit, float]]:
    """The limits with what a request costs of them."""
    for each in limits:
        rate = each.limit.rate
        if rate is not None:
            yield _shared_limit(_name(each, connection, roots), rate, each.limit.per_s), min(each.weight, rate)


@lru_cache(maxsize=1024)
def _shared_limit(name: tuple[str, ...], rate: float, per_s: float) -> SharedLimit:
    return SharedLimit(name="\0".join(name), rate=rate, per_s=per_s)


def forget() -> None:
    """Count anew: for tests."""
    with _lock:
        _windows.clear()
        _rooms.clear()


def _name(each: Bound, connection: str, roots: Roots) -> tuple[str, ...]:
    if each.key is None:
        return connection, each.limit.name
    value = each.key(roots)
    return connection, each.limit.name, "" if value is MISSING else text_of(value)


def _window(name: tuple[str, ...], rate: float, per_s: float) -> Window:
    found = _windows.get(name)
    if found is None:
        with _lock:
            if len(_windows) >= _MOST_WINDOWS:  # keys of rows: those that were asked first are over first
                for each in list(_windows)[: _MOST_WINDOWS // 2]:
                    del _windows[each]
            found = _windows.setdefault(name, Window(rate, per_s))
    return found


def _room(name: tuple[str, ...], at_once: int) -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    with _lock:
        found = _rooms.get(name)
        if found is None or found[0] is not loop:
            found = _rooms[name] = (loop, asyncio.Semaphore(at_once))
    return found[1]
