"""Each operation that a database may do, added to the query of the rows that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.pushdown.aggregates import aggregated
from engine.pushdown.conditions import Saying, conjuncts
from engine.pushdown.joins import joined
from engine.pushdown.meanings import meaning_of
from engine.pushdown.refusal import NotPushed
from engine.pushdown.rows import Rows
from ir.records import dataclass
from ir.types import Boolean
from transforms.aggregate import Aggregate
from transforms.expressions import Bound, Clock, SortKey
from transforms.expressions.functions import OPERATORS
from transforms.expressions.tree import Apply, Field, Node, columns_of, values_of
from transforms.filter import Filter
from transforms.format import Format
from transforms.join import Join
from transforms.limit import Limit
from transforms.map import Map
from transforms.operation import Operation
from transforms.sort import Sort

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """An operation in the database. `rest` is the condition that its rows must meet besides, for the engine to ask."""

    rows: Rows
    rest: Bound | None = None
    why: str = ""
    """Why there is a rest."""


def pushed(operation: Operation, inputs: Sequence[Rows], clock: Clock) -> Pushed:
    """The operation added to the query of its input.

    Raises:
        NotPushed: the database does not do it as we do.
    """
    if operation.values:
        raise NotPushed("it reads a value of another frame")
    if any(each.relation.watched is not None for each in inputs):
        raise NotPushed("every new row is seen here, so that the next run knows where to go on")
    rows = inputs[0]
    is_watched = any(each.relation.watch is not None for each in inputs)
    if is_watched and (not isinstance(operation, Filter | Format | Map) or rows.relation.limit is not None):
        raise NotPushed("every new row is read, which tells how far the run came")
    match operation:
        case Filter():
            return _filtered(rows, operation.where, clock)
        case Format():
            return Pushed(rows=rows)
    inputs = [each.settled for each in inputs]
    rows = inputs[0]
    match operation:
        case Map():
            return Pushed(rows=_mapped(rows, operation))
        case Sort():
            return Pushed(rows=_sorted(rows, operation))
        case Limit():
            return Pushed(rows=rows.limited(operation.count, operation.offset))
        case Aggregate():
            return _aggregated(rows, operation, clock)
        case Join():
            return Pushed(rows=joined(inputs[0], inputs[1], operation))
    raise NotPushed(f"{operation.kind} is done here")


def _filtered(rows: Rows, where: Bound, clock: Clock) -> Pushed:
    rows = rows.unlimited
    saying = Saying(rows, meaning_of(rows.relation.database), clock)
    said: list[exp.Expression] = []
    rest: list[Node] = []
    reasons: dict[str, None] = {}
    for each in conjuncts(where.root):
        try:
            said.append(saying.condition(each))
        except NotPushed as problem:
            rest.append(each)
            reasons[str(problem)] = None
    if not said:
        raise NotPushed("; ".join(reasons))
    if not rest:
        return Pushed(rows=rows.filtered(said))
    root = rest[0] if len(rest) == 1 else Apply(Boolean(), OPERATORS["and"], tuple(rest))
    left = Bound(root, where.text, columns_of(root), False, values=values_of(root))
    return Pushed(rows=rows.filtered(said), rest=left, why="; ".join(reasons))


def _mapped(rows: Rows, operation: Map) -> Rows:
    """Columns left out, put in another order or called otherwise."""
    outputs: list[tuple[str, str]] = []
    for name, bound in operation.outputs:
        if not isinstance(bound.root, Field) or bound.root.path:
            raise NotPushed(f'"{name}" is computed here')
        outputs.append((name, bound.root.column))
    return rows.renamed(outputs)


def _sorted(rows: Rows, operation: Sort) -> Rows:
    rows = rows.unlimited
    order = order_of(rows, operation.keys)
    if operation.stable:
        order += [each.copy() for each in rows.relation.order]
    rows = rows.ordered(order)
    return rows if operation.limit is None else rows.limited(operation.limit)


def order_of(rows: Rows, keys: Sequence[SortKey]) -> list[exp.Ordered]:
    """The clauses of `order by`: texts by code point, nulls where the key says."""
    from sqlglot import exp

    meaning = meaning_of(rows.relation.database)
    found: list[exp.Ordered] = []
    for key in keys:
        column = rows.column(key.column)
        value = meaning.in_order(meaning.value(column, rows.place(key.column)), column.type)
        found.append(exp.Ordered(this=value, desc=key.descending, nulls_first=key.nulls_first))
    return found


def _aggregated(rows: Rows, operation: Aggregate, clock: Clock) -> Pushed:
    groups = aggregated(rows, operation, clock)
    if operation.order is not None:
        groups = groups.ordered(order_of(groups, operation.order.keys))
    if operation.having is None:
        return Pushed(rows=groups)
    try:
        return _filtered(groups, operation.having, clock)
    except NotPushed as problem:
        return Pushed(rows=groups, rest=operation.having, why=str(problem))
