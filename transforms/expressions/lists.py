"""Functions of lists. Positions count from 0, or from the end when negative; null gives null."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ir import types as t
from transforms.expressions import sql_parts as sql
from transforms.expressions.nulls import known
from transforms.expressions.orders import check_equality
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp

    Sql = exp.Expression
    Call = Lowered[pl.Expr]


_LONGEST = 2**40
"""No list has so many elements."""


def _item(args: Sequence[Node]) -> t.DataType:
    kind = args[0].type
    return kind.item if isinstance(kind, t.ListOf) else t.Null()


def item_at(values: pl.Expr, place: pl.Expr) -> pl.Expr:
    # Polars panics at the smallest integer
    return values.list.get(place.clip(-_LONGEST), null_on_oob=True)


def _get_sql(call: Lowered[Sql]) -> Sql:
    # DuckDB counts from 1 and, from the end, from -1; no list is so long that the largest integers are places
    place = sql.case((sql.binary("<", call[1], sql.integer(0)), call[1].copy()),
                     (sql.binary("<", call[1].copy(), sql.integer(_LONGEST)),
                      sql.binary("+", call[1].copy(), sql.integer(1))))  # fmt: skip
    return sql.call("list_extract", call[0], place)


def split_text(call: Call) -> pl.Expr:
    """The parts of x between separators, its characters where the separator is empty."""
    separator = call.apply.args[1]
    if isinstance(separator, Value) and separator.value != "":
        return call[0].str.split(call[1])
    # of an empty text Polars makes no part at all, and of a constant by a column's empty one two empty parts more
    letters = pl.when(call[0] == "").then(pl.concat_list(call[0])).otherwise(call[0].str.split(""))
    if isinstance(separator, Value):
        return letters
    return pl.when(call[1] == "").then(letters).otherwise(call[0].str.split(call[1]))


def _split_sql(call: Lowered[Sql]) -> Sql:
    found = sql.call("string_split", *call.args)
    separator = call.apply.args[1]
    if isinstance(separator, Value) and separator.value is not None:
        return found
    # DuckDB takes a null separator for none
    return sql.case((sql.is_known(call[1].copy()), found))


def _slice(call: Call) -> pl.Expr:
    length = pl.max_horizontal(call[2], pl.lit(0)) if len(call) > 2 else None
    return known(call[0].list.slice(call[1], length), *call.args)


def _slice_sql(call: Lowered[Sql]) -> Sql:
    size = sql.call("len", call[0].copy())
    # in 128 bits, where no place is too large to add to
    start = sql.case((sql.binary(">=", call[1], sql.integer(0)), sql.cast(call[1].copy(), "HUGEINT")),
                     otherwise=sql.binary("+", size, call[1].copy()))  # fmt: skip
    first = sql.call("greatest", sql.binary("+", start, sql.integer(1)), sql.integer(1))
    last = size.copy()
    if len(call) > 2:
        count = sql.call("greatest", call[2], sql.integer(0))
        last = sql.call("least", sql.call("greatest", sql.binary("+", start.copy(), count), sql.integer(0)), last)
    places = [sql.cast(sql.call("least", each, sql.integer(_LONGEST)), t.Integer()) for each in (first, last)]
    taken = sql.call("list_slice", call[0], *places)
    known = [sql.is_known(each.copy()) for each in call.args[1:]]
    found = known[0]
    for each in known[1:]:
        found = sql.binary("and", found, each)
    return sql.case((found, taken))


def _join_sql(call: Lowered[Sql]) -> Sql:
    # DuckDB gives null for a list of nulls
    found = sql.call("coalesce", sql.call("array_to_string", *call.args), sql.text(""))
    return sql.case((sql.is_known(call[0].copy()), found))


def _distinct_sql(call: Lowered[Sql]) -> Sql:
    from sqlglot import exp

    # the first of equal elements stays, in the order they stood; the list is read inside, too, where a column of a
    # parameter's name would be taken for it
    names = "__element", "__place"
    first = sql.call("list_position", call[0].copy(), exp.column(names[0]))
    place = exp.Lambda(this=sql.binary("=", first, exp.column(names[1])),
                       expressions=[exp.to_identifier(name) for name in names])  # fmt: skip
    return sql.call("list_filter", call[0], place)


LISTS = (
    Function(signature="split(x: text, separator: text) -> list of text", doc="the parts between separators",
             polars=lambda call: known(split_text(call), *call.args),
             sql=_split_sql, aliases=("string_split",)),
    Function(signature="list_length(x: list) -> integer", doc="elements, nulls included", bounds=(0, 2**32),
             aliases=("array_length", "cardinality"), polars=lambda call: call[0].list.len().cast(pl.Int64),
             sql=lambda call: sql.call("len", call[0])),
    Function(signature="list_get(x: list, index: integer) -> x", doc="the element at index; outside null",
             result=_item,
             polars=lambda call: item_at(call[0], call[1]), sql=_get_sql),
    Function(signature="list_slice(x: list, start: integer, count?: integer) -> x",
             doc="the elements from start to the end, or that many", polars=_slice, sql=_slice_sql),
    Function(signature="list_contains(x: list of T, value: T) -> boolean", aliases=("array_contains",),
             doc="whether an element equals the value; null for a null value", check=check_equality,
             polars=lambda call: known(call[0].list.contains(call[1]), call[0], call[1]),
             sql=lambda call: sql.call("list_contains", *call.args)),
    Function(signature="list_join(x: list of T, separator: constant text) -> text", aliases=("array_to_string",),
             doc="the texts joined; nulls are left out",
             polars=lambda call: call[0].list.join(call[1], ignore_nulls=True),
             sql=_join_sql, check=lambda function, args:
             None if args[0].type == t.ListOf(t.String()) else f"list_join joins texts, this is {args[0].type}"),
    Function(signature="list_distinct(x: list) -> x", doc="each value once, where it first stood; null counts as one",
             polars=lambda call: call[0].list.unique(maintain_order=True), sql=_distinct_sql),
    Function(signature="list_sort(x: list) -> x", doc="ascending, nulls last",
             polars=lambda call: call[0].list.sort(nulls_last=True),
             sql=lambda call: sql.call("list_sort", call[0], sql.text("ASC"), sql.text("NULLS LAST"))),
)  # fmt: skip
