"""A plan in words: for a report author, for a terminal, and as JSON for tools."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.duckdb_statements import statement
from engine.plan_sections import section_text
from engine.plan_steps import PLAN_VERSION, Step, plan_steps
from engine.policies.shown import words_of
from engine.report_parts import DOCUMENTS
from engine.schedules.words import next_words
from engine.schedules.words import words_of as words_of_schedule
from ir.document import Document
from ir.value_text import text_of

if TYPE_CHECKING:
    from sqlglot import exp

    from connectors.databases.relation import DatabaseRelation
    from engine.plan import Plan
    from engine.pushdown.planned import PlannedStatement

WIDTH = 80
"""Of a terminal as it opens; a name or an expression that is longer stays whole."""


def explain(plan: Plan) -> str:
    """What the workflow reads, does and delivers, top to bottom."""
    lines = [
        *_wrapped(f"{plan.name}: {_one_line(plan.goal)}", indent=0),
        *_wrapped(f"engine: {plan.engine} ({plan.engine_reason})", indent=0),
    ]
    if plan.compiled.inputs:
        shown = ", ".join(f"{name} = {_shown(value)}" for name, (_, value) in plan.compiled.inputs.items())
        lines += _wrapped(f"inputs: {shown}", indent=0)
    lines += _scheduled(plan)
    steps = plan.steps
    statements = plan.planned().statements
    groups = {"reads": {"source"}, "then": {"relation", "ai", "plugin"}, "branches": {"conditional"},
              "delivers": {"delivery"}}  # fmt: skip
    for heading, kinds in groups.items():
        members = [step for step in steps if step.type in kinds]
        if members:
            lines += ["", heading]
        for step in members:
            lines += _explained(step, numbered=step.type not in {"source", "delivery"})
            lines += _asked(step, [each for each in statements if each.reads == "deliveries" and each.step == step.id])
    besides = [each for each in statements if each.reads != "deliveries"]
    if besides:
        lines += ["", "asks before"]
    for each in besides:
        lines += _wrapped(f"{each.step}, for its {each.reads}: {each.database}", indent=2)
        lines += _sent(each)
    for name, reason in plan.compiled.late.items():
        later = f"{name}: {reason}; the steps after it are checked then, before anything is delivered"
        lines += ["", *_wrapped(later, indent=0)]
    if plan.compiled.ended is not None:
        lines += ["", *_wrapped(f"a run ends without a delivery: {plan.compiled.ended}", indent=0)]
    if not plan.compiled.outputs and not plan.compiled.effects:
        lines += ["", "delivers nothing"]
    return "\n".join(lines)


def _schedule(plan: Plan) -> str | None:
    """What starts the workflow by itself, in words."""
    workflow = plan.compiled.workflow
    return None if workflow.schedule is None else words_of_schedule(workflow.schedule, zone=workflow.settings.timezone)


def _scheduled(plan: Plan) -> list[str]:
    workflow = plan.compiled.workflow
    if workflow.schedule is None:
        return []
    told = _schedule(plan)
    coming = next_words(workflow.schedule, zone=workflow.settings.timezone, after=plan.compiled.words.now)
    return _wrapped(f"schedule: {told}{f'; next {coming}' if coming else ''}", indent=0)


def _explained(step: Step, *, numbered: bool) -> list[str]:
    name = step.id.removeprefix("delivery:")
    kind = f" ({step.kind})" if numbered else ""
    lines = _wrapped(f"{name}{kind}: {_one_line(step.summary)}", indent=2)
    if (policy := words_of(step.retry, step.timeout_ms, step.rate_limits)) is not None:
        lines += _wrapped(policy, indent=6)
    if step.incremental is not None:
        lines += _wrapped(step.incremental, indent=6)
    if numbered and step.depends_on:
        lines += _wrapped(f"from {' and '.join(step.depends_on)}", indent=6)
    lines += _wrapped(_columns(step), indent=6)
    if step.type == "delivery":
        order = "in a fixed order" if step.ordered else "in no fixed order: a sort before makes the same file every run"
        if step.kind == "table":
            order = "in a fixed order: the last one with a key wins" if step.ordered else "in no fixed order"
        if step.kind in {"message", "plugin"}:
            order = "in a fixed order" if step.ordered else "in no fixed order"
        if step.depends_on:
            lines += _wrapped(f"from {' and '.join(step.depends_on)}, rows {order}", indent=6)
        for number, section in enumerate(step.sections or (), 1):
            lines += _wrapped(section_text(number, section), indent=6)
        if step.writing is not None and (step.format in DOCUMENTS or step.kind in {"table", "message", "plugin"}):
            lines += _wrapped(step.writing, indent=6)
        for statement in step.statements or ():
            lines += textwrap.indent(statement, " " * 8).splitlines()
    return lines


def _asked(step: Step, statements: Sequence[PlannedStatement]) -> list[str]:
    """Where databases are asked: the statements for this step's rows, or the one that it is part of."""
    lines: list[str] = []
    if step.outside is not None:
        lines += _wrapped(f"not in the database: {step.outside}", indent=6)
    for each in statements:
        held = [name for name in each.steps if name != step.id]
        words = f"; its statement does {', '.join(held)} as well" if held else ""
        lines += _wrapped(f"asks {each.database}{words}", indent=6)
        lines += _sent(each)
    if not statements and step.statement_of is not None:
        lines += _wrapped(f"in the statement of {step.statement_of}", indent=6)
    return lines


def _sent(statement: PlannedStatement) -> list[str]:
    values = _wrapped(f"with {', '.join(statement.values)}", indent=8) if statement.values else []
    return [*textwrap.indent(statement.shown, " " * 8).splitlines(), *values]


def _wrapped(text: str, *, indent: int) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=margin,
        subsequent_indent=margin + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _columns(step: Step) -> str:
    """The columns that are new or gone against the frame the step works on; all of them where most are new."""
    if step.columns_out is None:
        return "columns: found by a first pass"
    every = ", ".join(f"{name} {kind}" for name, kind in step.columns_out.items())
    if step.type == "source" or not step.columns_in:
        return f"columns: {every}"
    if step.type == "delivery":
        return f"{_count(step.columns_out)}: {', '.join(step.columns_out)}"
    before = next(iter(step.columns_in.values()))
    new = {name: kind for name, kind in step.columns_out.items() if before.get(name) != kind}
    gone = [name for name in before if name not in step.columns_out]
    if len(gone) > len(before) / 2:
        return f"{_count(step.columns_out)}: {every}"
    parts = [f"adds {', '.join(f'{name} {kind}' for name, kind in new.items())}"] if new else []
    if gone:
        parts.append(f"without {', '.join(gone)}")
    return "; ".join(parts) or f"the same {_count(step.columns_out)}"


def _count(columns: dict[str, str]) -> str:
    return "1 column" if len(columns) == 1 else f"{len(columns)} columns"


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
        head = f"{prefix}{'└─' if last else '├─'} {name.removeprefix('delivery:')}"
        room = max(WIDTH - len(head) - len(columns) - 2, 20)
        words = " (above)" if again else f": {textwrap.shorten(step.summary, room, placeholder=' …')}"
        lines.append(f"{head}{words}{columns}")
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
    pushdown = plan.pushdown([name], clock=plan.shown_clock())
    graph = pushdown.graph
    sources: dict[str, exp.Query] = {}
    for each in graph.needed([name]):
        source = graph[each].source
        shown = source.to_sql_shown() if source is not None else None
        if shown is not None:
            sources[each] = shown
    query = statement(graph, name, clock=plan.shown_clock(), ordered=graph.ordered([name]), sources=sources)
    asked = [_comment(relation) for relation in pushdown.statements.values()]
    return "\n".join([*asked, query.sql("duckdb", pretty=True)])


def _comment(relation: DatabaseRelation) -> str:
    """What a database is asked for a table, in front of the statement that reads it."""
    from engine.pushdown.planned import value_shown

    sent = relation.shown()
    lines = [f'"{relation.name}" is what {relation.address.kind} {relation.address.shown} gives for']
    lines += sent.sql.split("\n")
    if sent.parameters:
        lines.append(f"with {', '.join(value_shown(each) for each in sent.parameters)}")
    return "\n".join(f"-- {line}" for line in lines)


def as_dict(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values: the same for the same document, inputs and sources."""
    compiled = plan.compiled
    return {
        "plan_version": PLAN_VERSION,
        "workflow": plan.name,
        "goal": plan.goal,
        "document_sha256": document_sha256(compiled.document),
        "engine": plan.engine,
        "engine_reason": plan.engine_reason,
        "schedule": _schedule(plan),
        "inputs": {name: str(kind) for name, (kind, _) in compiled.inputs.items()},
        "frames": dict(compiled.frames),
        "late": dict(compiled.late),
        "steps": [step.as_dict() for step in plan_steps(plan, with_sql=True)],
        "statements": [each.as_dict() for each in plan.planned().statements],
        "warnings": [each.as_json() for each in plan.warnings],
    }


def document_sha256(document: Document) -> str:
    """Of what the document says, whatever its layout."""
    return hashlib.sha256(_canonical(document.value)).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def _shown(value: object) -> str:
    return "(none)" if value is None else text_of(value)
