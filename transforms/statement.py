"""The `sql` transform: one SELECT over the frames by name."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from ir import expressions as e
from ir.expressions import ExpressionSyntax
from ir.model.base import Section
from ir.statement_nodes import Body, Query, Select, SetOperation
from ir.statements import one_line, parse_statement
from transforms.aggregate import is_sortable
from transforms.building import Building
from transforms.expressions import SortKey
from transforms.frame import Frame
from transforms.limit import Limit
from transforms.map import project
from transforms.operation import Operation
from transforms.select.planning import Planning
from transforms.select.rewriting import column
from transforms.select.selecting import Selecting
from transforms.select.sets import set_operation
from transforms.sort import sort


class SqlConfig(Section):
    """One SELECT over the frames by name, in DuckDB's dialect."""

    query: str = Field(
        description="The SELECT: with, joins, where, group by, having, over, qualify, union, order by, limit. "
        "Its expressions are those of every other place; nothing but frames can be read.",
        min_length=1,
    )


def build_sql(config: SqlConfig, rows: Frame, building: Building) -> Operation | None:
    """The query as one step; its rows have an order where the outermost query has an order by."""
    try:
        query = parse_statement(config.query)
    except ExpressionSyntax as problem:
        building.problems.error("IR113", problem.message, at=(*building.at, "query"),
                                within=(problem.start, problem.end), hint=problem.hint)  # fmt: skip
        return None
    planning = Planning(building)
    found = _query(query, planning)
    if found is None:
        return None
    columns = [(name, planning.bound(column(name, query.span), found)) for name in found.schema]
    shown = project(found, [(name, bound) for name, bound in columns if bound], notes=one_line(config.query))
    return shown if query.order_by else replace(shown, order=None, keeps_arrival=False)


def _query(query: Query, outer: Planning) -> Frame | None:
    """The query's rows, or None after errors."""
    named = dict(outer.named)
    planning = Planning(outer.building, named)
    seen: set[str] = set()
    for name, span, each in query.named:
        if name in seen:
            planning.error("IR403", f'two queries are called "{name}"', span, "give one of them another name")
        seen.add(name)
        named[name] = _query(each, Planning(outer.building, dict(named)))
    if isinstance(query.body, Select):
        selecting = Selecting(planning, lambda inner: _query(inner, planning))
        found = selecting.planned(query.body, query.order_by)
    else:
        found = _body(query.body, planning)
        if found is not None and query.order_by:
            found = _sorted(query, found, planning)
    if found is None or (query.limit is None and not query.offset):
        return found
    if found.order is None:
        planning.error("IR420", "limit needs ordered rows, and these have no order", query.limit_span,
                       f"write order by {next(iter(found.schema), 'column')} before it")  # fmt: skip
        return None
    count = query.limit if query.limit is not None else (1 << 62)
    return planning.add("sql_limited", Limit(
        inputs=(found,), schema=found.schema, order=found.order, formats=found.formats, keeps_arrival=True,
        reads_arrival=True, count=count, offset=query.offset,
    ))  # fmt: skip


def _body(body: Body, planning: Planning) -> Frame | None:
    match body:
        case Select():
            return Selecting(planning, lambda inner: _query(inner, planning)).planned(body, ())
        case Query():
            return _query(body, planning)
        case SetOperation():
            left, right = _body(body.left, planning), _body(body.right, planning)
            return None if left is None or right is None else set_operation(planning, body, left, right)


def _sorted(query: Query, rows: Frame, planning: Planning) -> Frame | None:
    """The rows of a union and the like in order: only their own columns can be named."""
    keys: list[SortKey] = []
    for item in query.order_by:
        value = item.value
        name: str | None = None
        if isinstance(value, e.Column) and len(value.path) == 1 and value.path[0] in rows.schema:
            name = value.path[0]
        elif isinstance(value, e.Literal) and isinstance(value.value, int) and 1 <= value.value <= len(rows.schema):
            name = rows.schema.names[value.value - 1]
        if name is None or not is_sortable(rows.schema[name]):
            planning.error("IR401", "a union is put in order by its own columns", value.span,
                           f"the columns are {rows.schema.brief()}")  # fmt: skip
            return None
        keys.append(SortKey(name, item.descending, item.nulls_first))
    return planning.add("sql_sorted", sort(rows, tuple(keys)))
