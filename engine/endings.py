"""Runs that end well before anything is delivered, because an edge case says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.backends import open_backend
from engine.failure import explained
from ir.diagnostics import WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan


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
