"""Each source of a run, held by its policy while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.attempt import Attempt
from engine.policies.connections import connection_of
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.guard import Guards
    from engine.plan import Plan
    from engine.policies.policies import Policies, StepPolicy


@dataclass(slots=True, eq=False)
class SourceGuard:
    """See connectors.guard.Guard."""

    policy: StepPolicy
    connection: str

    @contextmanager
    def attempt(self) -> Iterator[Attempt]:
        cancellation = self.policy.clock.cancellation
        cancellation.check()
        self.policy.pass_limit(self.connection)
        attempt = self.policy.new_attempt()
        with cancellation.ending(attempt.stop):
            yield attempt


@contextmanager
def guarding(plan: Plan, policies: Policies) -> Iterator[None]:
    """In the block the sources of the plan are read as the run's policies say."""
    held: list[tuple[Guards, SourceGuard]] = []
    for relation in plan.compiled.graph:
        connection = connection_of(relation.source) if relation.source is not None else None
        guards: Guards | None = getattr(relation.source, "guards", None)
        if connection is not None and guards is not None:
            guard = SourceGuard(policies.of_source(plan, relation.at), connection)
            guards.append(guard)
            held.append((guards, guard))
    try:
        yield
    finally:
        for guards, guard in held:
            guards.remove(guard)
