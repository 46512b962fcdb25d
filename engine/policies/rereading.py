"""Reading again after a source failed, as long as nothing was delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.failure import SourceFailed
from engine.places import report
from ir.diagnostics import Problems, WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.policies.policies import Policies


def reads_again(plan: Plan, failed: WorkflowError, policies: Policies) -> bool:
    """Whether the run waits and begins to read anew after this."""
    if not isinstance(failed, SourceFailed):
        return False
    policy = policies.of_source(plan, failed.at)
    return policy.tries_again_after(failed.problem, policy.attempts)


def wait_to_read_again(plan: Plan, failed: SourceFailed, policies: Policies) -> None:
    """Wait until it is time to read everything anew.

    Raises:
        SourceFailed: there is no other attempt.
        Cancelled: the run was told to stop.
    """
    policy = policies.of_source(plan, failed.at)
    try:
        policy.wait_after(failed.problem, policy.attempts)
    except ConnectorProblem as problem:
        problems = Problems(plan.compiled.document)
        report(problem, problems, at=failed.at)
        raise SourceFailed(problems.found, problem=problem, at=failed.at) from failed.__cause__
