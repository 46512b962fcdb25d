"""The calls that connections have had: counted in this process, or with other processes in the journal's database."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from engine.policies.counting import State, admit
from engine.policies.rates import SECOND_US, Rate

if TYPE_CHECKING:
    from engine.journal.journal import Journal


class Limits(Protocol):
    """Where calls are counted."""

    def ask(self, connection: str, rates: Sequence[Rate]) -> float:
        """0 where a call may be made, which is counted then; else how many seconds to wait before asking again."""
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


@dataclass(slots=True)
class SharedLimits:
    """Those of every run with this journal. The tenant is the journal's."""

    journal: Journal
    _guard: threading.Lock = field(default_factory=threading.Lock)
    """One of this process asks at a time: others would only wait in the database."""

    def ask(self, connection: str, rates: Sequence[Rate]) -> float:
        """See Limits.

        Raises:
            ConnectorProblem: IR596 where the journal cannot be used: without it no call is sure to be within the rate.
        """
        from engine.journal.limits import counted

        bucket = hashlib.sha256(connection.encode()).hexdigest()[:32]
        with self._guard:
            return counted(self.journal, bucket, rates) / SECOND_US
