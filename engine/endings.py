"""Runs that end well before anything is delivered, because an edge case says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.backends import open_backend
from engine.failure import explained
from ir.diagnostics import WorkflowError
from ir.model.constraints import ExecutionConstraints, Retry
from ir.reasons import RetryReason

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.running.context import Running

_EMPTY: RetryReason = "temporary_failure"
"""What a source without rows counts as, so that it is read again."""


def wait_for_rows(plan: Plan, running: Running) -> None:
    """Look again, as often as retry says, where an edge case says so and `data` begins without rows.

    Where there are none after the last look, the run goes on without.

    Raises:
        Cancelled: the run was told to stop.
    """
    frame = plan.compiled.awaited
    if frame is None:
        return
    constraints = plan.compiled.workflow.execution_constraints
    retry = (constraints.retry if constraints is not None else None) or Retry()
    policy = running.policies.of(ExecutionConstraints(retry=retry.model_copy(update={"retry_on_errors": [_EMPTY]})),
                                 name=frame.name)  # fmt: skip
    attempt = 1
    while _is_empty(plan, frame.name, running):
        problem = ConnectorProblem("IR525", "the data sources have no rows", reason=_EMPTY)
        if not policy.tries_again_after(problem, attempt):
            return
        policy.wait_after(problem, attempt)
        attempt += 1


def _is_empty(plan: Plan, name: str, running: Running) -> bool:
    try:
        with open_backend(plan, running.folder, [name]) as backend, explained(plan, running.folder, [name]):
            return backend.collect(name, 1).is_empty()
    except WorkflowError:
        return False  # as in ended_by


def ended_by(plan: Plan, scratch: Path) -> str | None:
    """Why the run ends before anything is delivered, or None: one look for a row in each frame that must have one.

    Raises:
        ReadAgain: a second look at the sources found out how to read them.
    """
    if plan.compiled.ended is not None:
        return plan.compiled.ended
    endings = plan.compiled.endings
    if not endings:
        return None
    names = [each.frame.name for each in endings]
    try:
        with open_backend(plan, scratch, names) as backend, explained(plan, scratch, names):
            for each in endings:
                if backend.collect(each.frame.name, 1).is_empty():
                    return each.reason
    except WorkflowError:
        # what stops an engine is told by the run itself, after the rules that the rows broke
        return None
    return None
