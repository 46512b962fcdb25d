"""The constraints of one run, settled for each of its steps."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

from connectors.attempt import Attempt, at
from connectors.problem import ConnectorProblem
from engine.events import Event, Progress, silent
from engine.policies.backoff import pause_s, why_not_again
from engine.policies.clock import SteadyClock
from engine.policies.limits import LateLimits, Limits, LocalLimits
from engine.policies.settled import Settled, settled, tried_again
from engine.running.cancellation import Cancellation
from ir.reasons import RetryReason
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.plan import Plan
    from ir.diagnostics import Pointer
    from ir.model.constraints import ExecutionConstraints
    from ir.model.workflow import Workflow

_ANY = 1000
T = TypeVar("T")


@dataclass(slots=True, kw_only=True, eq=False)
class StepPolicy:
    """How one step is carried out, and how often it had to be tried."""

    step: str
    settled: Settled
    clock: SteadyClock
    limits: Limits
    progress: Progress = silent
    rng: random.Random = field(default_factory=random.Random)
    attempts: int = 1
    """The first, and one more for each call that was made again."""

    def carry_out(self, call: Callable[[], T], *, connection: str | None = None, is_repeatable: bool = True,
                  is_apart: bool = False, begun: Attempt | None = None) -> T:  # fmt: skip
        """What `call` gives: each attempt within the rate of its connection, and again where its failure passes.

        `connection` names what shares a rate limit, such as a server and an account. A failure that may have taken
        effect is tried again only where the step `is_repeatable`: it has a key by which the other side tells a second
        attempt, or nothing happens twice. What `is_apart` is made in a thread of its own (connectors.attempt), and an
        attempt that has `begun` goes on with the time that it has left.

        Raises:
            Exception: the last attempt's.
            Cancelled: the run was told to stop.
        """
        attempt = 1
        while True:
            self.clock.cancellation.check()
            if self.settled.is_plain:
                return call()
            if connection is not None:
                self.pass_limit(connection)
            limited, begun = begun or self.new_attempt(), None
            try:
                with self.clock.cancellation.ending(limited.stop), limited.running():
                    return limited.apart(call) if is_apart else call()
            except ConnectorProblem as problem:
                self.clock.cancellation.check()  # what was stopped by it says something else
                self.wait_after(problem, attempt, is_repeatable=is_repeatable)
            attempt += 1

    def pass_limit(self, connection: str) -> None:
        """Wait until the connection may have another call, which is counted as made.

        Raises:
            Cancelled: the run was told to stop.
        """
        rates = self.settled.rates
        while rates and (wait_s := self.limits.ask(connection, rates)) > 0:
            self.clock.sleep(wait_s)

    def wait_after(self, problem: ConnectorProblem, attempt: int, *, is_repeatable: bool = True) -> None:
        """Wait until it is time for another attempt than the one, counted from 1, that met the problem.

        Raises:
            ConnectorProblem: the problem, where there is no other.
            Cancelled: the run was told to stop.
        """
        pause = self.pause_after(problem, attempt, is_repeatable=is_repeatable)
        self.clock.sleep(pause)

    def pause_after(self, problem: ConnectorProblem, attempt: int, *, is_repeatable: bool = True) -> float:
        """How many seconds to wait before another attempt than the one, counted from 1, that met the problem. It is
        counted and told.

        Raises:
            ConnectorProblem: the problem, where there is no other.
        """
        retry = self.settled.retry
        if retry is None:
            raise problem
        why = why_not_again(problem, retry, attempt, is_repeatable=is_repeatable)
        if why is not None:
            problem.notes = (*problem.notes, why) if why else problem.notes
            raise problem
        pause = pause_s(retry, attempt, problem.retry_after_s, self.rng)
        self.attempts += 1
        self.progress(Event(
            kind="retry", step=self.step, attempt=attempt + 1,
            text=f"attempt {attempt} of {retry.max_attempts} failed: {problem.message}; again in {pause:.1f} s",
        ))  # fmt: skip
        return pause

    def tries_again_after(self, problem: ConnectorProblem, attempt: int, *, is_repeatable: bool = True) -> bool:
        """Whether there is another attempt than the one, counted from 1, that met the problem."""
        retry = self.settled.retry
        return retry is not None and why_not_again(problem, retry, attempt, is_repeatable=is_repeatable) is None

    def new_attempt(self) -> Attempt:
        """An attempt that has its whole time before it."""
        return Attempt(self.settled.attempt_s, is_tried_again=self.may_try_again)

    @property
    def may_try_again(self) -> bool:
        """Whether a failure may lead to another attempt, so that what that takes is worth keeping."""
        return self.settled.retry is not None and self.settled.retry.max_attempts > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The document's constraints; a step's own replace them key by key."""

    document: ExecutionConstraints | None
    cancellation: Cancellation
    progress: Progress = silent
    edge_cases: frozenset[RetryReason] = frozenset()
    """The failures that edge cases say to try again."""
    limits: Limits = field(default_factory=LocalLimits)
    _sources: dict[Pointer, StepPolicy] = field(default_factory=dict, repr=False)

    @classmethod
    def of_workflow(cls, workflow: Workflow, *, cancellation: Cancellation, progress: Progress = silent,
                    journal: Callable[[], Journal] | None = None) -> Policies:  # fmt: skip
        """Those of a run; with a journal its calls are counted together with those of other processes."""
        return cls(document=workflow.execution_constraints, cancellation=cancellation, progress=progress,
                   edge_cases=tried_again(workflow.edge_cases),
                   limits=LocalLimits() if journal is None else LateLimits(journal))  # fmt: skip

    @property
    def deliveries_at_once(self) -> int:
        """So many deliveries are completed at the same time."""
        concurrency = self.document.concurrency if self.document is not None else None
        if concurrency is None:
            return 1
        operations = concurrency.max_concurrent_operations
        return min(concurrency.max_concurrent_deliveries or 1, operations or _ANY)

    @contextmanager
    def within_time(self) -> Iterator[None]:
        """In the block the run takes place: it is told to stop where it takes longer than the workflow lets it."""
        timeout = self.document.timeout if self.document is not None else None
        limits = [self.document.timeout_ms if self.document is not None else None,
                  timeout.total_workflow_timeout_ms if timeout is not None else None]  # fmt: skip
        most_s = min((each / 1000 for each in limits if each is not None), default=None)
        if most_s is None:
            yield
            return
        reason = f"it took longer than {most_s:g} s, the time that execution_constraints gives it"
        unset = at(time.monotonic() + most_s, lambda: self.cancellation.cancel(reason))
        try:
            yield
        finally:
            unset()

    def of(self, step: ExecutionConstraints | None = None, *, name: str = "", fetches: bool = False) -> StepPolicy:
        """How a step with these constraints of its own is carried out; with `fetches` the reading of a source."""
        found = settled(self.document, step, edge_cases=self.edge_cases, fetches=fetches)
        return StepPolicy(step=name, settled=found, clock=SteadyClock(cancellation=self.cancellation),
                          limits=self.limits, progress=self.progress)  # fmt: skip

    def of_source(self, plan: Plan, at: Pointer) -> StepPolicy:
        """How the source at this place is read, by the same policy throughout the run; for no place as the document
        says."""
        at = at[:2]
        if at not in self._sources:
            is_source = len(at) == 2 and at[0] == "data_sources"
            source = plan.compiled.workflow.data_sources[int(at[1])] if is_source else None
            name = next((each.name for each in plan.compiled.graph if each.at == at), "")
            self._sources[at] = self.of(source.execution_constraints if source else None, name=name, fetches=True)
        return self._sources[at]

    def attempts_at(self, plan: Plan, at: Pointer) -> int:
        """How often it was tried to open and read the source at this place."""
        read = self._sources.get(at[:2])
        return plan.compiled.openings.get(at[:2], 1) + (read.attempts - 1 if read is not None else 0)


def without_constraints() -> Policies:
    """Those of what is only looked at."""
    return Policies(document=None, cancellation=Cancellation())
