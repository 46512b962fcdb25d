"""Branches that fail the run: looked for before the first row is delivered."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from engine.backends import Backend
from engine.conditionals.branch import VERDICT, Abort
from ir.diagnostics import Problems
from transforms.expressions.polars_columns import all_exact

if TYPE_CHECKING:
    from engine.plan import Plan

_SHOWN_ROWS = 3


def aborting_frames(plan: Plan) -> list[str]:
    """The relations that tell whether a branch aborts the run."""
    aborts = plan.compiled.branches.aborts
    return [frame.name for each in aborts for frame in (each.branch.frame, each.branch.verdict) if frame is not None]


def check_aborts(plan: Plan, backend: Backend, *, only: Collection[str] | None = None) -> None:
    """Stop the run where a branch with the action abort has rows, or is taken; with `only` those alone that are made of
    these relations.

    Raises:
        WorkflowError: naming for each the condition and the first of its rows.
    """
    problems = Problems(plan.compiled.document)
    for each in plan.compiled.branches.aborts:
        frames = {frame.name for frame in (each.branch.frame, each.branch.verdict) if frame is not None}
        if only is not None and not frames <= set(only):
            continue
        found = _rows(each, backend)
        if found is None:
            continue
        said = f": {each.reason}" if each.reason else ""
        problems.error("IR443", f"the branch {each.branch.name} aborts the run{said}", at=each.at,
                       hint="nothing was delivered; see to these rows, or take abort out of the branch",
                       notes=[f"its condition holds: {each.branch.words}", *found])  # fmt: skip
    problems.raise_errors()


def _rows(abort: Abort, backend: Backend) -> list[str] | None:
    """The first rows of the branch, a line each; None where it does not abort."""
    branch = abort.branch
    if branch.is_taken is False or branch.frame is None:
        return None
    if branch.verdict is not None and backend.collect(branch.verdict.name, None)[VERDICT][0] != branch.number:
        return None
    if branch.scope == "run":
        return []
    rows = backend.collect(branch.frame.name, _SHOWN_ROWS + 1)
    if rows.is_empty():
        return None
    shown = rows.head(_SHOWN_ROWS).select(all_exact(abort.columns))
    lines = [", ".join(f"{name} = {_value(value)}" for name, value in row.items())
             for row in shown.iter_rows(named=True)]  # fmt: skip
    return [*lines, "and more"] if rows.height > _SHOWN_ROWS else lines


def _value(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
