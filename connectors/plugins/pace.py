"""How a workflow's own limits and retries reach each request of a plugin."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import field
from typing import Protocol

from connectors.leases import Leases
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_MOST_ASKED_S = 120.0


class Pace(Protocol):
    """Asked before and after every single request, of every page and step."""

    @property
    def leases(self) -> Leases | None:
        """What counts the limits of manifests together with other processes; None where nobody else is to be asked."""
        ...

    def lets_through(self, connection: str) -> bool:
        """Whether the connection may have another request at once, which nothing has to be asked for: else `before`."""
        ...

    async def before(self, connection: str) -> None:
        """Wait until the connection may have another request, which is counted as made."""
        ...

    async def again(self, problem: ConnectorProblem, attempt: int, *, is_repeatable: bool) -> None:
        """Wait until it is time for another attempt than the one, counted from 1, that met the problem.

        Raises:
            ConnectorProblem: the problem, where there is no other.
        """
        ...

    def now_s(self) -> float:
        """The clock that `sleep` goes by, in seconds; it never goes back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


@dataclass(slots=True, kw_only=True)
class DefaultPace:
    """What holds where the workflow says nothing: no limit of its own, and up to `most_attempts`.

    A request that a service has not begun with is tried again whatever it is; one that may have taken effect only
    where it is repeatable.
    """

    most_attempts: int = 4
    clock: Callable[[], float] = time.monotonic
    sleeping: Callable[[float], Awaitable[None]] = asyncio.sleep
    rng: random.Random = field(default_factory=random.Random)
    leases: Leases | None = None

    def lets_through(self, connection: str) -> bool:
        return True

    async def before(self, connection: str) -> None:
        return

    async def again(self, problem: ConnectorProblem, attempt: int, *, is_repeatable: bool) -> None:
        asked_s = problem.retry_after_s
        if (
            problem.reason is None
            or attempt >= self.most_attempts
            or (problem.sent and not is_repeatable)
            or (asked_s is not None and asked_s > _MOST_ASKED_S)
        ):
            raise problem
        pause_s = min(_FIRST_PAUSE_S * 2.0 ** (attempt - 1), _LONGEST_PAUSE_S) * self.rng.uniform(0.5, 1.0)
        await self.sleep(max(pause_s, asked_s or 0.0))

    def now_s(self) -> float:
        return self.clock()

    async def sleep(self, seconds: float) -> None:
        await self.sleeping(seconds)
