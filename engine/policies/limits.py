"""The calls that connections have had: counted in this process, or with other processes in the journal's database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from engine.policies.counting import State, admit
from engine.policies.rates import SECOND_US, Rate
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.leases import Given, Leases, SharedLimit, Wanted
    from engine.journal.journal import Journal


class Limits(Protocol):
    """Where calls are counted."""

    def ask(self, connection: str, rates: Sequence[Rate]) -> float:
        """0 where a call may be made, which is counted then; else how many seconds to wait before asking again."""
        ...

    @property
    def leases(self) -> Leases | None:
        """What others count too, taken ahead; None where nobody else is."""
        ...


def _microseconds() -> int:
    return time.monotonic_ns() // 1000


@dataclass(slots=True)
class LocalLimits:
    """Those of one process, for what writes no journal."""

    now_us: Callable[[], int] = _microseconds
    _states: dict[str, State] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, connection: str, rates: Sequence[Rate]) -> float:
        with self._guard:
            state, wait = admit(self._states.get(connection, {}), rates, self.now_us())
            self._states[connection] = state
        return wait / SECOND_US

    @property
    def leases(self) -> Leases | None:
        return None


AHEAD_US = 20_000
"""Calls that come close to each other are counted in the journal for so long ahead, at once."""


@dataclass(slots=True)
class _Ahead:
    """Calls that are counted and not yet made. What is not made soon counts nevertheless."""

    left: int = 0
    until_s: float = 0.0
    wanted: int = 1

    def take(self, now_s: float) -> bool:
        if now_s > self.until_s:
            self.left, self.wanted = 0, max(self.wanted // 2, 1)
        if not self.left:
            return False
        self.left -= 1
        return True

    def put(self, given: int, now_s: float) -> None:
        """Twice as many are wanted the next time, if these are made in time."""
        self.left, self.until_s, self.wanted = given, now_s + AHEAD_US / SECOND_US, 2 * given


@dataclass(slots=True)
class SharedLimits:
    """Those of every run with this journal. The tenant is the journal's. Also connectors.leases.Counts."""

    journal: Journal
    _names: Callable[[str], str] | None = None
    now_s: Callable[[], float] = time.monotonic
    _guard: threading.Lock = field(default_factory=threading.Lock)
    """One of this process asks at a time: others would only wait in the database."""
    _ahead: dict[tuple[str, tuple[Rate, ...]], _Ahead] = field(default_factory=dict)
    _local: LocalLimits = field(default_factory=LocalLimits)

    def ask(self, connection: str, rates: Sequence[Rate]) -> float:
        """See Limits.

        Raises:
            ConnectorProblem: IR596 where the journal cannot be used: without it no call is sure to be within the rate.
        """
        from engine.journal.limits import counted

        most = min((each.calls * AHEAD_US // each.window_us for each in rates), default=1)
        with self._guard:
            if most <= 1:
                return counted(self.journal, self._bucket(connection), rates)[1] / SECOND_US
            ahead = self._ahead.setdefault((connection, tuple(rates)), _Ahead())
            if not ahead.take(self.now_s()):
                given, wait_us = counted(self.journal, self._bucket(connection), rates, most=min(ahead.wanted, most))
                if not given:
                    return wait_us / SECOND_US
                ahead.put(given, self.now_s())
                ahead.take(self.now_s())
            wait_s = self._local.ask(connection, rates)  # what was counted together may be made later than another
            if wait_s:
                ahead.left += 1
            return wait_s

    def shares(self, wanted: Sequence[Wanted]) -> list[Given]:
        """See connectors.leases.Counts."""
        from engine.journal.limits import shared

        with self._guard:
            return shared(self.journal, [(self._bucket_of(each.limit), each) for each in wanted])

    def hold(self, limit: SharedLimit, seconds: float) -> None:
        """See connectors.leases.Counts."""
        from engine.journal.limits import hold

        with self._guard:
            hold(self.journal, self._bucket_of(limit), seconds)

    def _bucket_of(self, limit: SharedLimit) -> str:
        """Of a short window it may be forgotten soon: there is one for each key of each row."""
        return f"{BRIEF if limit.per_s <= BRIEF_S else ''}{self._bucket(f'{limit.name}:{limit.per_s:g}')}"

    def _bucket(self, connection: str) -> str:
        """What stands in the journal for it: who reads that finds no account out by trying."""
        if self._names is None:
            from engine.journal.limits import names

            self._names = names(self.journal)
        return self._names(connection)


BRIEF, BRIEF_S = "brief:", 3600.0


@dataclass(slots=True)
class LateLimits:
    """Those of a journal that is opened when a limit is asked for first: most runs have none."""

    journal: Callable[[], Journal]
    _shared: SharedLimits | None = None
    _leases: Leases | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def leases(self) -> Leases | None:
        """Made for the first that asks: asyncio takes 30 ms to load, and most runs call nobody."""
        if self._leases is None:  # each call asks: it waits for nobody who has the guard while he asks the journal
            from connectors.leases import Leases

            with self._guard:
                self._leases = self._leases or Leases(self)
        return self._leases

    def ask(self, connection: str, rates: Sequence[Rate]) -> float:
        return self._opened().ask(connection, rates)

    def shares(self, wanted: Sequence[Wanted]) -> list[Given]:
        """See connectors.leases.Counts."""
        return self._opened().shares(wanted)

    def hold(self, limit: SharedLimit, seconds: float) -> None:
        """See connectors.leases.Counts."""
        self._opened().hold(limit, seconds)

    def _opened(self) -> SharedLimits:
        with self._guard:
            self._shared = self._shared or SharedLimits(self.journal())
            return self._shared
