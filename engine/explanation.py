"""A plan in words: for a report author, for a terminal, and as JSON for tools."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from engine.duckdb_statements import statement
from engine.plan_steps import PLAN_VERSION, Step, plan_steps

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.plan import Plan


def explain(plan: Plan) -> str:
    """What the workflow reads, does and delivers, top to bottom."""
    lines = [f"{plan.name}: {plan.goal}", f"engine: {plan.engine} ({plan.engine_reason})"]
    if plan.compiled.inputs:
        shown = ", ".join(f"{name} = {_shown(value)}" for name, (_, value) in plan.compiled.inputs.items())
        lines.append(f"inputs: {shown}")
    steps = plan.steps
    groups = {"source": "reads", "relation": "then", "delivery": "delivers"}
    for kind, heading in groups.items():
        members = [step for step in steps if step.type == kind]
        if members:
            lines += ["", heading]
        for step in members:
            lines += _explained(step, numbered=kind == "relation")
    for name, reason in plan.compiled.late.items():
        lines += ["", f"{name}: {reason}; the steps after it are checked then, before anything is delivered"]
    if not plan.compiled.outputs:
        lines += ["", "delivers nothing"]
    return "\n".join(lines)


def _explained(step: Step, *, numbered: bool) -> list[str]:
    name = step.id.removeprefix("delivery:")
    head = f"  {name}: {step.summary}" if not numbered else f"  {name} ({step.kind}): {step.summary}"
    lines = [head.rstrip(": ")]
    if numbered and step.depends_on:
        lines.append(f"      from {', '.join(step.depends_on)}")
    if step.columns_out is None:
        lines.append("      columns: found by a first pass")
        return lines
    lines.append(f"      {_columns(step)}")
    if step.type == "delivery":
        rows = "rows in a fixed order" if step.ordered else "rows in no fixed order: add a sort for the same file every run"
        lines.append(f"      from {', '.join(step.depends_on)}, {rows}")
    return lines


def _columns(step: Step) -> str:
    """The columns that are new or changed here; all of them for a source."""
    assert step.columns_out is not None
    before: dict[str, str] = {}
    for known in step.columns_in.values():
        before |= known
    if step.type == "delivery":
        return f"{len(step.columns_out)} columns: {', '.join(step.columns_out)}"
    new = {name: kind for name, kind in step.columns_out.items() if before.get(name) != kind}
    gone = [name for name in before if name not in step.columns_out]
    if step.type == "source" or len(new) == len(step.columns_out):
        return "columns: " + ", ".join(f"{name} {kind}" for name, kind in step.columns_out.items())
    parts = []
    if new:
        parts.append("adds " + ", ".join(f"{name} {kind}" for name, kind in new.items()))
    if gone:
        parts.append("without " + ", ".join(gone))
    return "; ".join(parts) or f"the same {len(step.columns_out)} columns"


def tree(plan: Plan) -> str:
    """The graph as a tree from the deliveries down, one line a step."""
    graph = plan.compiled.graph
    by_id = {step.id: step for step in plan.steps}
    lines = [f"Plan {plan.name} on {plan.engine}"]
    drawn: set[str] = set()

    def draw(name: str, prefix: str, last: bool) -> None:
        step = by_id[name]
        again = name in drawn and step.depends_on
        columns = f" [{len(step.columns_out)} columns]" if step.columns_out is not None else ""
        words = " (above)" if again else f": {step.summary}"
        lines.append(f"{prefix}{'└─' if last else '├─'} {name.removeprefix('delivery:')}{words}{columns}")
        if again:
            return
        drawn.add(name)
        for index, each in enumerate(step.depends_on):
            draw(each, prefix + ("   " if last else "│  "), index == len(step.depends_on) - 1)

    roots = [step.id for step in by_id.values() if step.type == "delivery"]
    if not roots and "data" in plan.compiled.frames:
        roots = [name for name in [plan.compiled.frames["data"]] if not graph[name].hidden]
    for index, root in enumerate(roots):
        draw(root, "", index == len(roots) - 1)
    return "\n".join(lines)


def sql_text(plan: Plan, name: str) -> str:
    """The statement for a relation, laid out for reading."""
    graph = plan.compiled.graph
    sources: dict[str, exp.Query] = {}
    for each in graph.needed([name]):
        source = graph[each].source
        shown = source.to_sql_shown() if source is not None and hasattr(source, "to_sql_shown") else None
        if shown is not None:
            sources[each] = shown
    query = statement(graph, name, clock=plan.shown_clock(), ordered=graph.ordered([name]), sources=sources)
    return query.sql("duckdb", pretty=True)


def as_dict(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values: the same for the same document, inputs and sources."""
    compiled = plan.compiled
    return {
        "plan_version": PLAN_VERSION,
        "workflow": plan.name,
        "goal": plan.goal,
        "document_sha256": hashlib.sha256(_canonical(compiled.document.value)).hexdigest(),
        "engine": plan.engine,
        "engine_reason": plan.engine_reason,
        "inputs": {name: str(kind) for name, (kind, _) in compiled.inputs.items()},
        "frames": dict(compiled.frames),
        "late": dict(compiled.late),
        "steps": [step.as_dict() for step in plan_steps(plan, with_sql=True)],
        "warnings": [each.as_json() for each in plan.warnings],
    }


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def _shown(value: object) -> str:
    return "(none)" if value is None else str(value)
