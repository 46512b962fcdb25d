"""The constraints of one run, merged for each of its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from engine.policies.clock import SteadyClock
from engine.running.cancellation import Cancellation
from ir.model.constraints import ExecutionConstraints

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPolicy:
    """How one step is carried out. `connection` names what shares a rate limit, such as a server and an account."""

    constraints: ExecutionConstraints | None
    clock: SteadyClock

    def carry_out(self, call: Callable[[], T], *, connection: str | None = None,
                  is_repeatable: bool = True) -> T:  # fmt: skip
        """What `call` gives: each attempt within the rate of its connection, and again where its failure passes.

        A failure that may have taken effect is tried again only where the step `is_repeatable`: it has a key by which
        the other side tells a second attempt, or nothing happens twice.

        Raises:
            Exception: the last attempt's.
            Cancelled: the run was told to stop.
        """
        self.clock.cancellation.check()
        return call()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The document's constraints; a step's own replace them key by key."""

    document: ExecutionConstraints | None
    cancellation: Cancellation

    def of(self, step: ExecutionConstraints | None = None) -> StepPolicy:
        """How a step with these constraints of its own is carried out."""
        return StepPolicy(constraints=step or self.document, clock=SteadyClock(cancellation=self.cancellation))
