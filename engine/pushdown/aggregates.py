"""Groups and their aggregates in a database, where it comes to the same values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from connectors.databases.column import Column
from engine.pushdown.conditions import Saying
from engine.pushdown.meanings import meaning_of
from engine.pushdown.refusal import NotPushed
from engine.pushdown.rows import Rows, copied, of_table, renamed_columns
from ir import types as t
from transforms import sql
from transforms.aggregate import Aggregate
from transforms.expressions import Clock, sql_parts
from transforms.expressions.tree import Apply, Field, Node, Value

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression

_ROOMY = 28
"""Digits of decimals whose sums have room for a mean."""
_RESULTS: dict[type[t.DataType], str] = {t.Integer: "bigint", t.Number: "double precision", t.Boolean: "boolean"}


def aggregated(rows: Rows, operation: Aggregate, clock: Clock) -> Rows:
    """One row a group, the keys and aggregates under their names, in no order.

    Raises:
        NotPushed: a key or an aggregate may come to another value there.
    """
    from sqlglot import exp

    if operation.levels:
        raise NotPushed("totals of several levels are computed here")
    if operation.reads_arrival:
        raise NotPushed("an aggregate reads the order of its rows")
    rows = rows.unlimited.ordered(())
    meaning = meaning_of(rows.relation.database)
    saying = Saying(rows, meaning, clock)
    asked: list[Sql] = []
    keys: list[Sql] = []
    columns: list[Column] = []
    for name, bound in operation.keys:
        key, value, column = _key(name, bound.root, saying)
        keys.append(key)
        asked.append(sql.named(value, name))
        columns.append(column)
    for name, bound in operation.aggregates:
        value, column = _aggregate(name, bound.root, saying)
        asked.append(sql.named(value, name))
        columns.append(column)
    query = sql.select(asked, copied(rows.relation.origin))
    for condition in rows.relation.scope:
        query = query.where(condition.copy(), copy=False)
    if keys:
        query.set("group", exp.Group(expressions=keys))
    count = rows.relation.estimated_rows
    relation = rows.relation.pushed(origin=query, columns=tuple(columns), scope=(), order=(),
                       estimated_rows=None if count is None else max(count // 10, 1) if keys else 1)  # fmt: skip
    return replace(Rows.of(relation), looked_at=rows.looked_at)


def _key(name: str, node: Node, saying: Saying) -> tuple[Sql, Sql, Column]:
    if isinstance(node.type, t.Number):
        raise NotPushed(f'the key "{name}" is a number with a fraction, where 0 and -0 are one group')
    if isinstance(node, Apply) and node.function.name in saying.meaning.parts:
        value = of_table(saying.operand(node), saying.rows.relation.called)
        of = node.args[-1]
        if node.function.name == "date_trunc" and isinstance(of, Field):
            return value, value.copy(), _kept(name, saying.rows.column(of.column), saying)
        return value, value.copy(), _result(name, node.type)
    if not isinstance(node, Field) or node.path:
        raise NotPushed(f'the key "{name}" is computed here')
    column = saying.rows.column(node.column)
    key, value = saying.meaning.group_key(saying.operand(node), node.type)
    return of_table(key, saying.rows.relation.called), value, _kept(name, column, saying)


def _kept(name: str, column: Column, saying: Saying) -> Column:
    """A column whose values stay those of another one."""
    place = saying.rows.places[column.name]
    if isinstance(column.type, t.String) or column.asked is None:
        # a text is asked for as it was grouped
        return replace(column, name=name, asked=None, misfit=None, text=None)
    return replace(column, name=name, asked=renamed_columns(column.asked, {place: name}), misfit=None, text=None)


def _aggregate(name: str, node: Node, saying: Saying) -> tuple[Sql, Column]:
    if not isinstance(node, Apply) or node.function.kind != "aggregate":
        raise NotPushed(f'"{name}" is computed of aggregates here')
    function = node.function.name
    if function not in saying.meaning.aggregated or node.order_by:
        raise NotPushed(f"{function} is computed here")
    where = None if node.where is None else saying.condition(node.where)
    if function == "all rows":
        value = _where(sql.integer(1), where) if where is not None else None
        return _counted(value, distinct=False), _result(name, node.type)
    argument = node.args[0]
    if function == "count":
        is_one = isinstance(argument, Value) and argument.value is not None
        value = sql.integer(1) if is_one else saying.operand(argument)
        if node.distinct and not is_one:
            value, _ = saying.meaning.group_key(value, argument.type)
        return _counted(_where(value, where), distinct=node.distinct), _result(name, node.type)
    if function in {"min", "max"}:
        if not isinstance(argument, Field):
            raise NotPushed(f"{function} of a computed value is computed here")
        if isinstance(argument.type, t.Boolean):
            raise NotPushed(f"{function} of true and false is computed here")
        column = saying.rows.column(argument.column)
        value = saying.meaning.extreme(function, _where(saying.operand(argument), where), argument.type)
        return value, replace(_kept(name, column, saying), not_null=False, collation=None)
    if node.distinct:
        raise NotPushed(f"{function} of distinct values is computed here")
    return _summed(name, function, node, where, saying)


def _summed(name: str, function: str, node: Apply, where: Sql | None, saying: Saying) -> tuple[Sql, Column]:
    """Sums and means, of integers and decimals exactly; of numbers the last digits depend on who adds them."""
    argument, meaning = node.args[0], saying.meaning
    value = _where(saying.operand(argument), where)
    column = _result(name, node.type)
    if function in {"bool_and", "bool_or"}:
        return sql.call(function, value), column
    if not isinstance(argument.type, t.Integer | t.Decimal | t.Number):
        raise NotPushed(f"{function} of {argument.type} is computed here")
    if function == "avg":
        if isinstance(argument.type, t.Decimal) and argument.type.precision > _ROOMY:
            raise NotPushed("the mean of so many digits is computed here")
        return meaning.mean_of(value, argument.type), column
    asked = meaning.asked_result(sql.column(name), argument.type)
    return meaning.sum_of(value, argument.type), replace(column, asked=asked)


def _where(value: Sql, where: Sql | None) -> Sql:
    return value if where is None else sql_parts.case((where, value))


def _counted(value: Sql | None, *, distinct: bool) -> Sql:
    from sqlglot import exp

    if value is None:
        return exp.Count(this=exp.Star())
    return exp.Count(this=exp.Distinct(expressions=[value]) if distinct else value)


def _result(name: str, kind: t.DataType) -> Column:
    native = f"numeric(38,{kind.scale})" if isinstance(kind, t.Decimal) else _RESULTS[type(kind)]
    taken = _without_nan if isinstance(kind, t.Number) else None
    return Column(name=name, type=kind, native=native, taken=taken)


def _without_nan(value: pl.Expr) -> pl.Expr:
    """Of infinities that cancel out; an engine has null there."""
    return value.cast(pl.Float64).fill_nan(None)
