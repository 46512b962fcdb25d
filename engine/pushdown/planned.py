"""The statements that a run will send, and where each step is done; for plans."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from connectors.databases.mongodb.relation import MongoRelation
from engine.graph import Graph
from engine.pushdown.conditions import FromNow
from engine.pushdown.needs import needed_columns
from ir.records import dataclass
from ir.value_text import text_of

if TYPE_CHECKING:
    from connectors.databases.relation import DatabaseRelation
    from engine.compiler import Compiled
    from engine.plan import Plan
    from engine.pushdown.graph import Pushdown


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStatement:
    """A statement, as it is sent, and the step whose rows it gives."""

    step: str
    reads: str
    """What the run sends it for: deliveries, bad rows, checks, texts or endings."""
    database: str
    dialect: str
    sql: str
    shown: str
    """The statement laid out for people."""
    values: tuple[str, ...]
    """What is bound to the places ?1, $1 … of the statement."""
    steps: tuple[str, ...]
    """The steps that it holds, its sources first."""

    def as_dict(self) -> dict[str, Any]:
        return {"step": self.step, "for": self.reads, "database": self.database, "dialect": self.dialect,
                "steps": list(self.steps), "sql": self.sql, "values": list(self.values)}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The statements of a plan. `inside` {step: the step whose statement holds it}, `outside` {step: why it is not}."""

    statements: tuple[PlannedStatement, ...] = ()
    inside: Mapping[str, str]
    outside: Mapping[str, str]


def passes(compiled: Compiled) -> dict[str, list[str]]:
    """The relations that a run reads together, by what for; without a delivery, what `collect` reads."""
    delivered = [frame.name for each in compiled.outputs for frame in each.frames]
    if not compiled.outputs and "data" in compiled.frames:
        delivered = [compiled.frames["data"]]
    counted = [each.suspects.name for each in compiled.checks if each.counted]
    validated = [compiled.validation.counts.name] if compiled.validation else []
    letters = [each.letters.name for each in compiled.rejects]
    found = {
        "deliveries": [*delivered, *counted, *validated, *letters],
        "checks": [each.suspects.name for each in compiled.checks if not each.counted],
        "texts": list(compiled.texts.frames),
        "names": list(compiled.file_names.frames),
        "endings": [each.frame.name for each in compiled.endings],
    }
    return {reads: list(dict.fromkeys(names)) for reads, names in found.items() if names}


def planned(plan: Plan) -> Planned:
    """What databases are asked for, as a run asks."""
    graph = plan.compiled.graph
    statements: list[PlannedStatement] = []
    inside: dict[str, str] = {}
    outside: dict[str, str] = {}
    for reads, names in passes(plan.compiled).items():
        pushdown = plan.pushdown(names, clock=plan.shown_clock())
        for name, relation in pushdown.statements.items():
            statements += [_look(name, source, graph) for source in relation.looked_at]
            statements.append(_statement(name, reads, relation, pushdown, graph))
        statements += _of_collections(pushdown.graph, reads, names)
        if reads == "deliveries":
            inside = {_step(each, graph): _step(root, graph) for each, root in pushdown.inside.items()}
            outside = {_step(each, graph): why for each, why in pushdown.outside.items()}
    return Planned(statements=tuple(statements), inside=inside, outside=outside)


def _statement(name: str, reads: str, relation: DatabaseRelation, pushdown: Pushdown, graph: Graph) -> PlannedStatement:
    sent = relation.statement(relation.wanted)
    steps = dict.fromkeys(_step(each, graph) for each, root in pushdown.inside.items() if root == name)
    return PlannedStatement(
        step=_step(name, graph), reads=reads, database=f"{relation.address.kind} {relation.address.shown}",
        dialect=relation.database.dialect, sql=sent.sql, shown=relation.shown().sql,
        values=tuple(value_shown(each) for each in sent.parameters), steps=tuple(steps),
    )  # fmt: skip


def _of_collections(graph: Graph, reads: str, names: Collection[str]) -> list[PlannedStatement]:
    """What the collections among the sources are asked for: the keys that the steps use."""
    needed = [name for name in graph.needed(names) if isinstance(graph[name].source, MongoRelation)]
    needs = needed_columns(graph, set(names)) if needed else {}
    found = []
    for name in needed:
        source = graph[name].source
        assert isinstance(source, MongoRelation)
        found.append(PlannedStatement(
            step=_step(name, graph), reads=reads, database=f"mongodb {source.address.shown}", dialect="mongodb",
            sql=source.shown(needs[name]), shown=source.shown(needs[name]), values=(), steps=(_step(name, graph),),
        ))  # fmt: skip
    return found


def _look(name: str, source: DatabaseRelation, graph: Graph) -> PlannedStatement:
    """The question whether a source has a bad row, before the statement that would not show it."""
    query = source.query_of_check()
    assert query is not None
    sent = source.statement_for(query)
    return PlannedStatement(
        step=_step(name, graph), reads="bad rows", database=f"{source.address.kind} {source.address.shown}",
        dialect=source.database.dialect, sql=sent.sql, shown=source.statement_for(query, pretty=True).sql,
        values=tuple(value_shown(each) for each in sent.parameters), steps=(source.name,),
    )  # fmt: skip


def value_shown(value: object) -> str:
    """A bound value for people."""
    if isinstance(value, FromNow):
        return str(value)
    return f'"{value}"' if isinstance(value, str) else text_of(value)


def _step(name: str, graph: Graph) -> str:
    """The step of the plan that a relation belongs to."""
    return graph[name].step or name if graph[name].hidden else name
