"""The drawing with its heading, as a notebook shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.picture.drawing import drawing
from engine.picture.later import all_steps
from engine.picture.lettering import escape
from engine.picture.style import COLOURS, FIGURE
from engine.plan_steps import Step, StepType

if TYPE_CHECKING:
    from engine.plan import Plan

_ENGINES = {"polars": "Polars", "duckdb": "DuckDB"}
_NOUNS: dict[StepType, tuple[str, str]] = {
    "source": ("source", "sources"),
    "relation": ("step", "steps"),
    "ai": ("AI operation", "AI operations"),
    "plugin": ("call of a service", "calls of services"),
    "conditional": ("branch", "branches"),
    "delivery": ("delivery", "deliveries"),
}


def plan_figure(plan: Plan) -> str:
    """One element with its own colours, light or dark as the notebook is."""
    steps = all_steps(plan)
    notes = [each.message for each in plan.warnings] + late_notes(plan)
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f'<figure class="wf-plan"><style>{COLOURS}{FIGURE}</style>\n'
        f'<p class="wf-head-line"><span class="wf-title">{escape(plan.name)}</span>'
        f'<span class="wf-engine" title="{escape(plan.engine_reason)}">{escape(engine_name(plan))}</span>'
        f'<span class="wf-counts">{counts(steps)}</span></p>\n'
        + (f'<p class="wf-goal">{escape(plan.goal)}</p>\n' if plan.goal else "")
        + (f'<ul class="wf-notes">{listed}</ul>\n' if notes else "")
        + f"{drawing(steps, described_by=description(plan, steps))}</figure>"
    )


def engine_name(plan: Plan) -> str:
    return _ENGINES.get(plan.engine, plan.engine)


def counts(steps: Sequence[Step]) -> str:
    """How many of each type, in words."""
    found = Counter(step.type for step in steps)
    return " · ".join(f"{found[kind]} {nouns[found[kind] != 1]}" for kind, nouns in _NOUNS.items() if found[kind])


def late_notes(plan: Plan) -> list[str]:
    """What only a first pass can tell, a line for each pass."""
    names: dict[str, list[str]] = {}
    for name, reason in plan.compiled.late.items():
        names.setdefault(reason, []).append(name)
    return [f"{', '.join(each)}: {reason}, and checked then" for reason, each in names.items()]


def description(plan: Plan, steps: Sequence[Step]) -> str:
    """What stands for the drawing where it cannot be seen."""
    return f"The steps of the workflow {plan.name}: {counts(steps)}"
