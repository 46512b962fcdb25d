"""The steps of a plan as data: a contract for notebooks, CI and the console."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from engine.duckdb_statements import statement
from engine.effects.relation import EffectRelation
from engine.file_output import FileOutput
from engine.graph import Relation
from engine.plan_sections import CALLED, SENT, STAGED, section_of, writing_of
from engine.policies.shown import policy_of_delivery, policy_of_source
from engine.step_settings import delivery_settings, source_settings
from ir.records import dataclass
from ir.types import Schema
from transforms.frame import Frame
from transforms.operation import Lowering

if TYPE_CHECKING:
    from engine.database_deliveries import TableOutput
    from engine.delivery_order import Delivered
    from engine.messages.output import MessageOutput
    from engine.plan import Plan
    from engine.plugin_deliveries.output import PluginOutput

PLAN_VERSION = "1.7"
"""Raised in its first part when a key changes its meaning or goes, in its second when one is added."""

StepType = Literal["source", "relation", "conditional", "ai", "plugin", "delivery"]
"""A conditional is what a branch does with rows, such as keeping its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what it is, what it reads, its columns. Columns are None where only a first pass can tell them."""

    id: str
    type: StepType
    kind: str
    summary: str
    depends_on: tuple[str, ...] = ()
    columns_in: dict[str, dict[str, str]]
    columns_out: dict[str, str] | None
    ordered: bool | None = None
    sql: str | None = None
    target: str | None = None
    format: str | None = None
    settings: dict[str, Any] | None = None
    """What the document says of a source's reading or a delivery's writing, beside what the other keys tell."""
    writing: str | None = None
    """Of a delivery: whether its rows are streamed, or composed once they are all there, and why."""
    incremental: str | None = None
    """Of a source that reads only what is new: from where on, and why."""
    sections: tuple[dict[str, Any], ...] | None = None
    """The tables of a document that has sections."""
    statement_of: str | None = None
    """Of what is done in a database: the step whose statement holds this one."""
    outside: str | None = None
    """Why a database that the rows come from does not do this step, or not all of it."""
    statements: tuple[str, ...] | None = None
    """What is sent to the database of a table, once its rows are staged there."""
    retry: dict[str, Any] | None = None
    """Of what is asked outside: when a failed attempt is made again."""
    timeout_ms: int | None = None
    """What one attempt may take."""
    rate_limits: tuple[str, ...] | None = None
    """What the calls to its connection must be within, all of them."""

    def as_dict(self) -> dict[str, Any]:
        """The step for JSON; what it does not have is left out."""
        found: dict[str, Any] = {
            "id": self.id,
            "type": self.type,
            "kind": self.kind,
            "summary": self.summary,
            "depends_on": list(self.depends_on),
            "columns_in": self.columns_in,
            "columns_out": self.columns_out,
        }
        for key in ("ordered", "sql", "target", "format", "settings"):
            value = getattr(self, key)
            if value is not None:
                found[key] = value
        for key in ("incremental", "statement_of", "outside"):
            value = getattr(self, key)
            if value is not None:
                found[key] = value
        if self.writing is not None:
            found["writing"] = self.writing
        if self.sections is not None:
            found["sections"] = [dict(each) for each in self.sections]
        if self.statements is not None:
            found["statements"] = list(self.statements)
        if self.retry is not None:
            found["retry"] = dict(self.retry)
        if self.timeout_ms is not None:
            found["timeout_ms"] = self.timeout_ms
        if self.rate_limits is not None:
            found["rate_limits"] = list(self.rate_limits)
        return found


def plan_steps(plan: Plan, *, with_sql: bool = False) -> list[Step]:
    """The plan's steps, each after those it depends on; hidden relations are part of the step they belong to."""
    graph, databases = plan.compiled.graph, plan.planned()
    steps: list[Step] = []
    for relation in graph:
        if relation.hidden:
            continue
        inputs = visible_inputs(plan, relation)
        schemas = {name: columns(graph[name].frame.schema) for name in inputs}
        steps.append(
            Step(
                id=relation.name,
                type=_type_of(relation),
                kind=relation.kind,
                summary=summary_of(relation),
                depends_on=inputs,
                columns_in=schemas,
                columns_out=columns(relation.frame.schema),
                ordered=relation.frame.order is not None,
                sql=own_sql(plan, relation) if with_sql else None,
                settings=_settings(plan, relation),
                incremental=_incremental(plan, relation),
                statement_of=databases.inside.get(relation.name),
                outside=databases.outside.get(relation.name),
                **policy_of_source(plan, relation),
            )
        )
    steps += [
        replace(_delivered(plan, output, with_sql=with_sql), **policy_of_delivery(plan, output))
        for output in plan.compiled.outputs
    ]
    return steps


def _settings(plan: Plan, relation: Relation) -> dict[str, Any] | None:
    if isinstance(relation.source, EffectRelation):
        effect = relation.source.effect
        return next(dict(each.settings()) for each in plan.compiled.effects if each.id == effect) or None
    return source_settings(plan, relation) if relation.source else None


def _type_of(relation: Relation) -> StepType:
    if isinstance(relation.source, EffectRelation):
        return "ai" if relation.at[0] == "ai_operations" else "plugin"
    if relation.source is not None:
        return "source"
    return "conditional" if relation.at[0] == "conditionals" else "relation"


def _delivered(plan: Plan, output: Delivered, *, with_sql: bool) -> Step:
    match output.kind:
        case "file":
            return _delivery(plan, output, with_sql=with_sql)
        case "table":
            return _table(plan, output, with_sql=with_sql)
        case "plugin":
            from engine.plugin_deliveries.output import settings_of as settings_of_target

            return _item_by_item(plan, output, settings_of_target(output), CALLED, with_sql=with_sql)
        case "message":
            from engine.messages.output import settings_of as settings_of_message

            return _item_by_item(plan, output, settings_of_message(output), SENT, with_sql=with_sql)


def _delivery_step(plan: Plan, output: Delivered, reads: tuple[str, ...], **own: Any) -> Step:
    """What every delivery says of itself, beside what its kind has of its own."""
    graph = plan.compiled.graph
    return Step(
        id=f"delivery:{output.id}",
        type="delivery",
        kind=output.kind,
        depends_on=reads,
        columns_in={name: columns(graph[name].frame.schema) for name in reads},
        columns_out=columns(output.columns) if output.columns is not None else None,
        target=output.shown_target,
        **own,
    )


def _incremental(plan: Plan, relation: Relation) -> str | None:
    increments = plan.compiled.increments
    found = increments.known.get(relation.at) if relation.source is not None else None
    return found.words(increments.timezone) if found is not None else None


def _delivery(plan: Plan, output: FileOutput, *, with_sql: bool) -> Step:
    frame = output.frame
    by_part = [_visible(plan, each.frame.name) for each in output.parts]
    reads = tuple(dict.fromkeys(name for names in by_part for name in names))
    sections = [section_of(each, names) for each, names in zip(output.parts, by_part, strict=True)]
    if with_sql:
        for section, each in zip(sections, output.parts, strict=True):
            query = output_sql(plan, each.frame)
            section.update({"sql": query} if query is not None else {})
    has_sections = output.has_sections and frame is not None
    return _delivery_step(
        plan,
        output,
        reads,
        summary=f"{output.format.name} to {output.shown_target}",
        ordered=all(each.frame.order is not None for each in output.parts) if frame else None,
        sql=output_sql(plan, frame) if with_sql and frame and not has_sections else None,
        format=output.format.name,
        settings=delivery_settings(plan, output),
        writing=writing_of(output),
        sections=tuple(sections) if has_sections else None,
    )


def _table(plan: Plan, output: TableOutput, *, with_sql: bool) -> Step:
    from engine.database_deliveries import settings_of

    frame = output.frame
    reads = _visible(plan, frame.name) if frame is not None else ()
    return _delivery_step(
        plan,
        output,
        reads,
        summary=output.summary,
        ordered=frame.order is not None if frame else None,
        sql=output_sql(plan, frame) if with_sql and frame else None,
        settings=settings_of(output),
        writing=STAGED if frame is not None else None,
        statements=tuple(output.statements) or None,
    )


def _item_by_item(plan: Plan, output: MessageOutput | PluginOutput, settings: dict[str, Any], writing: str, *,
                  with_sql: bool) -> Step:  # fmt: skip
    """Messages, and rows that a plugin writes: what takes effect one call at a time."""
    reads = tuple(dict.fromkeys(name for each in output.frames for name in _visible(plan, each.name)))
    return _delivery_step(
        plan,
        output,
        reads,
        summary=output.summary,
        ordered=output.frame.order is not None if output.frame else None,
        sql=output_sql(plan, output.frame) if with_sql and output.frame else None,
        format=output.delivery.plugin_key,
        settings=settings,
        writing=writing if output.frame is not None else None,
    )


def own_sql(plan: Plan, relation: Relation, *, pretty: bool = False) -> str | None:
    """The statement of this step alone, over the steps it reads; None for a source that DuckDB does not read."""
    if relation.operation is None:
        return None
    lowering = Lowering(clock=plan.shown_clock())
    rows = (frame.name for frame in relation.operation.inputs)
    return relation.operation.to_sql(*rows, lowering=lowering).sql("duckdb", pretty=pretty)


def output_sql(plan: Plan, frame: Frame) -> str | None:
    """What a delivery does to the step it reads, such as a sort; None where it takes that as it is."""
    graph = plan.compiled.graph
    if not graph[frame.name].hidden:
        return None
    visible = [relation.name for relation in graph if not relation.hidden]
    query = statement(graph, frame.name, clock=plan.shown_clock(), ordered=graph.ordered([frame.name]), sources={},
                      stored=visible)  # fmt: skip
    return query.sql("duckdb")


def columns(schema: Schema) -> dict[str, str]:
    """{column: type} in words."""
    return {name: str(kind) for name, kind in schema.items()}


def summary_of(relation: Relation) -> str:
    if relation.operation is not None:
        return relation.operation.summary()
    assert relation.source is not None
    return relation.source.description


def visible_inputs(plan: Plan, relation: Relation) -> tuple[str, ...]:
    """The steps a relation reads, looking through hidden ones."""
    found: dict[str, None] = {}
    reads = relation.source.reads if isinstance(relation.source, EffectRelation) else relation.inputs
    for name in reads:
        found.update(dict.fromkeys(_visible(plan, name)))
    return tuple(found)


def _visible(plan: Plan, name: str) -> tuple[str, ...]:
    relation = plan.compiled.graph[name]
    return visible_inputs(plan, relation) if relation.hidden else (name,)
