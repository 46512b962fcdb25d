"""A page about a plan: the drawing, then every step with its columns and its SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.picture.boxes import (
    added_columns,
    badge_text,
    column_count,
    dropped_columns,
    shown_name,
    style_of,
    where_done,
)
from engine.picture.drawing import drawing
from engine.picture.later import all_steps
from engine.picture.lettering import escape, escape_lines
from engine.picture.notebook import counts, description, engine_name, late_notes
from engine.picture.style import COLOURS, FIGURE, PAGE
from engine.plan_steps import Step, StepType, own_sql
from ir.diagnostics import Diagnostic

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.pushdown.planned import PlannedStatement

_HEADINGS: Mapping[str, frozenset[StepType]] = {
    "Reads": frozenset({"source"}),
    "Then": frozenset({"relation", "ai", "plugin"}),
    "Branches": frozenset({"conditional"}),
    "Delivers": frozenset({"delivery"}),
}


def plan_page(plan: Plan) -> str:
    """HTML that needs nothing beside itself: no script, no font, no image."""
    steps = all_steps(plan)
    addresses = {step.id: f"#step-{number}" for number, step in enumerate(steps, start=1)}
    name = escape(plan.name)
    warnings = "".join(_warning(each) for each in plan.warnings)
    warnings += "".join(f'<div class="wf-warning">{escape(note)}</div>\n' for note in late_notes(plan))
    parts = [
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{name}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f'<meta name="color-scheme" content="light dark">\n<style>{COLOURS}{FIGURE}{PAGE}</style>\n</head>\n'
        f'<body class="wf-plan">\n<main>\n<h1>{name}</h1>\n',
        f'<p class="wf-lead">{escape(plan.goal)}</p>\n' if plan.goal else "",
        f'<p class="wf-facts"><span class="wf-engine">{escape(engine_name(plan))}</span> '
        f"{escape(plan.engine_reason)} · {counts(steps)}</p>\n{warnings}"
        f"{drawing(steps, described_by=description(plan, steps), links=addresses)}\n",
        *(_group(heading, plan, steps, addresses) for heading in _HEADINGS),
        "</main>\n</body>\n</html>\n",
    ]
    return "".join(parts)


def _warning(found: Diagnostic) -> str:
    place = f"<small>{escape(str(found.place))}</small>" if found.place else ""
    hint = f"<small>{escape(found.hint)}</small>" if found.hint else ""
    return f'<div class="wf-warning"><b>{escape(found.code)}</b> {escape(found.message)}{hint}{place}</div>\n'


def _asked(statement: PlannedStatement) -> str:
    """What a database is asked for the rows of a step, or for what is looked at before."""
    what = "" if statement.reads == "deliveries" else f" for its {statement.reads}"
    values = [f"with {', '.join(statement.values)}"] if statement.values else []
    return (f"<details><summary>Statement to {escape(statement.database)}{what}</summary>"
            f"<pre>{escape_lines([statement.sql, *values])}</pre></details>\n")  # fmt: skip


def _group(heading: str, plan: Plan, steps: Sequence[Step], addresses: Mapping[str, str]) -> str:
    members = [step for step in steps if step.type in _HEADINGS[heading]]
    if not members:
        return ""
    statements = plan.planned().statements
    sections = "".join(_section(step, plan, steps, addresses, statements) for step in members)
    return f"<h2>{heading}</h2>\n{sections}"


def _section(step: Step, plan: Plan, steps: Sequence[Step], addresses: Mapping[str, str],
             statements: Sequence[PlannedStatement]) -> str:  # fmt: skip
    identity = addresses[step.id].removeprefix("#")
    parts = [f'<section class="wf-{style_of(step)}" id="{identity}">\n<h3>{escape(shown_name(step))}'
             f'<span class="wf-kind-word">{escape(badge_text(step))}</span></h3>\n']  # fmt: skip
    if step.summary:
        parts.append(f"<p>{escape(step.summary)}</p>\n")
    shown = {each.id: shown_name(each) for each in steps}
    links = [f'<a href="{addresses[each]}">{escape(shown[each])}</a>' for each in step.depends_on]
    facts = [f"from {', '.join(links)}"] if links else []
    if step.type == "delivery" and step.ordered is not None:
        facts.append("rows in a fixed order" if step.ordered else "rows in no fixed order")
    if step.columns_out is not None:
        facts.append(column_count(len(step.columns_out)))
    dropped = dropped_columns(step)
    if dropped:
        facts.append(f"without {escape(', '.join(dropped))}")
    parts.append(f'<p class="wf-from">{" · ".join(facts)}</p>\n' if facts else "")
    parts.append(_columns(step))
    if where := where_done(step):
        parts.append(f'<p class="wf-from">{escape(where)}</p>\n')
    parts += [_asked(each) for each in statements if each.step == step.id]
    compiled = step.type in {"relation", "conditional"} and step.columns_out is not None
    sql = own_sql(plan, plan.compiled.graph[step.id], pretty=True) if compiled else None
    if sql:
        parts.append(
            f"<details><summary>SQL of this step</summary><pre>{escape_lines(sql.splitlines())}</pre></details>\n"
        )
    return "".join(parts) + "</section>\n"


def _columns(step: Step) -> str:
    if step.columns_out is None:
        return '<p class="wf-from">columns found by a first pass</p>\n'
    added, mark = added_columns(step), ' class="wf-added"'
    items = "".join(
        f"<li{mark if name in added else ''}><b>{escape(name)}</b><span>{escape(kind)}</span></li>"
        for name, kind in step.columns_out.items()
    )
    return f'<ul class="wf-columns">{items}</ul>\n'
