"""The graph as DuckDB statements: one common table expression a relation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from engine.graph import Graph
from ir.types import DataType, Duration, ListOf
from transforms import sql
from transforms.expressions import Clock
from transforms.operation import Lowering

if TYPE_CHECKING:
    from sqlglot import exp


def statement(
    graph: Graph,
    name: str,
    *,
    clock: Clock,
    ordered: Collection[str],
    sources: Mapping[str, exp.Query],
    stored: Collection[str] = (),
) -> exp.Query:
    """A query for the rows of relation `name`.

    Relations in `stored` are tables already. Sources stand as `sources` has them; one that is in neither is a
    table of its own name.
    """
    parts = [each for each in _needed(graph, name, stored) if each not in stored and each != name]
    expressions = [(each, _query(graph, each, clock, ordered, sources)) for each in parts]
    main = _query(graph, name, clock, ordered, sources) if name not in stored else None
    if main is None:
        main = sql.select(sql.columns(graph[name].frame.schema), name)
    return with_tables(main, [(each, query) for each, query in expressions if query is not None])


def _needed(graph: Graph, name: str, stored: Collection[str]) -> list[str]:
    """The relations below `name`, not looking below those that are stored."""
    wanted = {name}
    for relation in reversed(graph.relations.values()):
        if relation.name in wanted and relation.name not in stored:
            wanted.update(relation.inputs)
    return [each for each in graph.relations if each in wanted]


def _query(
    graph: Graph, name: str, clock: Clock, ordered: Collection[str], sources: Mapping[str, exp.Query]
) -> exp.Query | None:
    relation = graph[name]
    if relation.operation is None:
        return sources.get(name)
    rows = (frame.name for frame in relation.operation.inputs)
    return relation.operation.to_sql(*rows, lowering=Lowering(clock=clock, ordered=name in ordered))


def with_tables(query: exp.Query, tables: list[tuple[str, exp.Query]]) -> exp.Query:
    """`with "name" as (…), … query`."""
    from sqlglot import exp

    if not tables:
        return query
    listed = [
        exp.CTE(this=each, alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True))) for name, each in tables
    ]
    query = query.copy()
    query.set("with_", exp.With(expressions=listed))
    return query


def transportable(query: exp.Query, graph: Graph, name: str) -> exp.Query:
    """The query with durations as microseconds, which survive the way to Arrow."""

    schema = graph[name].frame.schema
    if not any(isinstance(_item(kind), Duration) for _, kind in schema.items()):
        return query
    columns: list[exp.Expression] = [
        sql.named(_microseconds(sql.column(each), kind), each) if isinstance(_item(kind), Duration)
        else sql.column(each)
        for each, kind in schema.items()
    ]  # fmt: skip
    return sql.select(columns, sql.subquery(query))


def _item(kind: DataType) -> DataType:
    """What stands in a list, or in lists of lists; any other type itself."""
    return _item(kind.item) if isinstance(kind, ListOf) else kind


def _microseconds(value: exp.Expression, kind: DataType) -> exp.Expression:
    from sqlglot import exp

    if not isinstance(kind, ListOf):
        return sql.call("epoch_us", value)
    each = exp.Lambda(this=_microseconds(exp.column("item"), kind.item), expressions=[exp.to_identifier("item")])
    return sql.call("list_transform", value, each)
