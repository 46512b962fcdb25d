"""The rate limits and retries of a workflow, for each request that a plugin makes."""

from __future__ import annotations

import asyncio
import time

from connectors.leases import Leases
from connectors.plugins.pace import DefaultPace
from connectors.problem import ConnectorProblem
from engine.policies.limits import LocalLimits
from engine.policies.policies import StepPolicy
from ir.records import dataclass

_SLICE_S = 0.1
"""So often a wait looks whether the run is to stop."""


@dataclass(slots=True, kw_only=True)
class StepPace:
    """What the policy of a step says, asked from the loop of the requests: waits hold no thread."""

    policy: StepPolicy

    @property
    def leases(self) -> Leases | None:
        return self.policy.limits.leases

    def lets_through(self, connection: str) -> bool:
        """See Pace.

        Raises:
            Cancelled: the run was told to stop.
        """
        self.policy.clock.cancellation.check()
        return not self.policy.settled.rates

    async def before(self, connection: str) -> None:
        """Wait until the connection may have another request, which is counted as made.

        Raises:
            Cancelled: the run was told to stop.
        """
        policy = self.policy
        policy.clock.cancellation.check()
        rates = policy.settled.rates
        while rates:
            if isinstance(policy.limits, LocalLimits):
                wait_s = policy.limits.ask(connection, rates)
            else:  # another process may have the journal for a moment
                wait_s = await asyncio.to_thread(policy.limits.ask, connection, rates)
            if wait_s <= 0:
                return
            await self.sleep(wait_s)

    async def again(self, problem: ConnectorProblem, attempt: int, *, is_repeatable: bool) -> None:
        """Wait until it is time for another attempt than the one, counted from 1, that met the problem.

        Raises:
            ConnectorProblem: the problem, where there is no other.
            Cancelled: the run was told to stop.
        """
        if self.policy.settled.retry is not None:
            await self.sleep(self.policy.pause_after(problem, attempt, is_repeatable=is_repeatable))
            return
        # nothing is said of retries
        await DefaultPace(sleeping=self.sleep).again(problem, attempt, is_repeatable=is_repeatable)
        self.policy.attempts += 1

    def now_s(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait so long, or until the run is told to stop.

        Raises:
            Cancelled: the run was told to stop.
        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.policy.clock.cancellation.check()
            await asyncio.sleep(min(left, _SLICE_S))
        self.policy.clock.cancellation.check()
