"""A bound expression as a Polars expression and as a SQL tree."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from ir import types as t
from ir.expressions import Interval
from transforms.dtypes import polars_dtype
from transforms.expressions import sql_parts as sql
from transforms.expressions.coercion import lasting
from transforms.expressions.failures import can_fail
from transforms.expressions.polars_columns import exact
from transforms.expressions.signature import Lowered
from transforms.expressions.tree import Apply, Bound, Field, FrameValue, Node, Value, is_constant
from transforms.expressions.window import Clock, Window
from transforms.expressions.windows import spread, spread_sql

if TYPE_CHECKING:
    from sqlglot import exp


def to_polars(bound: Bound, *, clock: Clock, window: Window | None = None) -> pl.Expr:
    """The expression for Polars; in a `window` its aggregates and rankings are spread beside the rows.

    Aggregates over a window's frame are left as they are, for `LazyFrame.rolling` to compute.
    """
    return _polars(bound.root, clock, window)


def to_sql(bound: Bound, *, clock: Clock, window: Window | None = None, table: str | None = None) -> exp.Expression:
    """The expression for DuckDB; columns are quoted, and qualified with `table` if given."""
    return _sql(bound.root, clock, window, table)


def _polars(node: Node, clock: Clock, window: Window | None, only: pl.Expr | None = None) -> pl.Expr:
    """`only` is where the value counts: elsewhere its columns are read as null, so that nothing can fail there."""
    match node:
        case Value():
            return _polars_literal(node)
        case Field(path=path):
            found = exact(node.beside)
            for field in path:
                found = found.struct.field(field)
            return found if only is None else pl.when(only).then(found)
        case FrameValue(path=path):
            found = exact(node.beside)
            for field in path:
                found = found.struct.field(field)
            return found
    function = node.function
    aggregate = function.kind == "aggregate"
    inner = None if aggregate else window
    if function.name in _CHOICES and any(can_fail(each) for each in node.args):
        return _CHOICES[function.name](node, clock, window, only)
    # an aggregate computes over its rows, wherever its result counts
    args = [_polars(each, clock, inner, only if function.kind == "scalar" else None) for each in node.args]
    where = None if node.where is None else _polars(node.where, clock, inner)
    if function.kind != "scalar":
        args = [_per_row(arg, each) for arg, each in zip(args, node.args, strict=True)]
        where = where if where is None or node.where is None else _per_row(where, node.where)
    order = tuple((_polars(each.node, clock, inner), each.descending, each.nulls_first) for each in node.order_by)
    found = function.polars(Lowered(node, args, clock, window, where, order))
    if aggregate and window is not None and window.frame is None:
        return spread(found, window, ordered=function.needs_order and not order)
    return found


def _per_row(value: pl.Expr, node: Node) -> pl.Expr:
    """A constant once for every row: Polars would aggregate or shift it as a single value."""
    if not is_constant(node):
        return value
    return pl.repeat(value if isinstance(node, Value) else value.first(), pl.len(), dtype=polars_dtype(node.type))


def _polars_case(node: Apply, clock: Clock, window: Window | None, only: pl.Expr | None) -> pl.Expr:
    """A case whose parts are computed only where they count, as SQL does; Polars alone computes all everywhere."""
    found: Any = pl
    left = pl.lit(True) if only is None else only.fill_null(False)
    for test, value in zip(node.args[:-1:2], node.args[1::2], strict=True):
        condition = _polars(test, clock, window, left if can_fail(test) else only)
        here = left & condition.fill_null(False)
        found = found.when(condition).then(_polars(value, clock, window, here if can_fail(value) else only))
        left = left & ~condition.fill_null(False)
    last = node.args[-1]
    return found.otherwise(_polars(last, clock, window, left if can_fail(last) else only))  # type: ignore[no-any-return]


def _polars_coalesce(node: Apply, clock: Clock, window: Window | None, only: pl.Expr | None) -> pl.Expr:
    """The same for coalesce: each value only where those before it are null."""
    left = pl.lit(True) if only is None else only.fill_null(False)
    found: list[pl.Expr] = []
    for each in node.args:
        found.append(_polars(each, clock, window, left if found and can_fail(each) else only))
        left = left & found[-1].is_null()
    return pl.coalesce(found)


def _polars_nullif(node: Apply, clock: Clock, window: Window | None, only: pl.Expr | None) -> pl.Expr:
    """The same for nullif: the second value only where the first is not null."""
    first = _polars(node.args[0], clock, window, only)
    here = first.is_not_null() if only is None else only.fill_null(False) & first.is_not_null()
    second = _polars(node.args[1], clock, window, here if can_fail(node.args[1]) else only)
    return pl.when(first.eq_missing(second)).then(None).otherwise(first)


_CHOICES = {"case": _polars_case, "if": _polars_case, "coalesce": _polars_coalesce, "nullif": _polars_nullif}


def _polars_literal(node: Value) -> pl.Expr:
    if isinstance(node.value, Interval):
        # + and - with a date read it from the node itself, with a duration as what it lasts
        length = lasting(node.value)
        return pl.lit(None) if length is None else pl.lit(length.value, dtype=pl.Duration("us"))
    if isinstance(node.value, list):
        return pl.lit(pl.Series([node.value], dtype=polars_dtype(node.type))).first()
    return pl.lit(node.value, dtype=polars_dtype(node.type))


_PLAIN = frozenset({"+", "-", "*", "%", "//", "=", "<>", "<", "<=", ">", ">=", "is distinct from", "between", "in",
                    "negative"})  # fmt: skip


def _sql(node: Node, clock: Clock, window: Window | None, table: str | None) -> exp.Expression:
    from sqlglot import exp

    match node:
        case Value():
            return _sql_literal(node)
        case Field(column=name, path=path):
            found: exp.Expression = exp.column(name, table=node.table or table, quoted=True)
            for field in path:
                found = sql.call("struct_extract", found, sql.text(field))
            return found
        case FrameValue(frame=frame, column=name, path=path):
            found = sql.value_of(frame, name)
            for field in path:
                found = sql.call("struct_extract", found, sql.text(field))
            return found
    function = node.function
    aggregate = function.kind == "aggregate"
    inner = None if aggregate else window
    beside_columns = function.name in _PLAIN and any(not isinstance(each, Value) for each in node.args)
    args = [_small(each, plain=beside_columns or (index < len(function.parameters)
                                                  and function.parameters[index].kind == "integer"))
            or _sql(each, clock, inner, table) for index, each in enumerate(node.args)]  # fmt: skip
    where = None if node.where is None else _sql(node.where, clock, inner, table)
    order = tuple((_sql(each.node, clock, inner, table), each.descending, each.nulls_first) for each in node.order_by)
    call = Lowered(node, args, clock, window, where, order)
    if aggregate and window is not None:
        ordered = window.frame is not None or (function.needs_order and not order)
        return _spread_aggregates(function.sql(call), window, ordered=ordered)
    return function.sql(call)


def _spread_aggregates(found: exp.Expression, window: Window, *, ordered: bool) -> exp.Expression:
    """Put `over (…)` around the aggregate inside the casts, guards and the quotient its lowering wrote."""
    from sqlglot import exp

    if isinstance(found, exp.Cast):
        found.set("this", _spread_aggregates(found.this, window, ordered=ordered))
        return found
    if isinstance(found, exp.Div):
        for side in ("this", "expression"):
            found.set(side, _spread_aggregates(found.args[side], window, ordered=ordered))
        return found
    if isinstance(found, exp.Anonymous) and found.name.lower() in {"nullif", "list_extract"}:
        found.set(
            "expressions", [_spread_aggregates(found.expressions[0], window, ordered=ordered), *found.expressions[1:]]
        )
        return found
    return spread_sql(found, window, ordered=ordered, whole=True)


def _small(node: Node, *, plain: bool) -> exp.Expression | None:
    """A bare integer literal, where the type beside it widens it."""
    if plain and isinstance(node, Value) and isinstance(node.type, t.Integer) and isinstance(node.value, int):
        return sql.integer(node.value)
    return None


def _sql_literal(node: Value) -> exp.Expression:
    if isinstance(node.value, Interval):
        from transforms.expressions.date_arithmetic import interval_sql

        return interval_sql(node.value)
    if isinstance(node.value, datetime.timedelta):
        return sql.call("to_microseconds", sql.integer(node.value // datetime.timedelta(microseconds=1)))
    return sql.literal(node.value, node.type)
