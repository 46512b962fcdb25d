"""Choosing between values: case, coalesce, nullif, greatest, least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from ir import types as t
from transforms.expressions import sql_parts as sql
from transforms.expressions.failures import can_fail
from transforms.expressions.orders import check_equality, check_order
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value

if TYPE_CHECKING:
    from sqlglot import exp


def _case(call: Lowered[pl.Expr]) -> pl.Expr:
    found: Any = pl
    for condition, value in zip(call.args[:-1:2], call.args[1::2], strict=True):
        found = found.when(condition).then(value)
    return found.otherwise(call.args[-1])  # type: ignore[no-any-return]


def _case_sql(call: Lowered[exp.Expression]) -> exp.Expression:
    found = sql.case(*zip(call.args[:-1:2], call.args[1::2], strict=True), otherwise=call.args[-1])
    values = [*call.apply.args[1::2], call.apply.args[-1]]
    return sql.text_or_null(found, call.type) if any(_may_be_null(each) for each in values) else found


def _nullif_sql(call: Lowered[exp.Expression]) -> exp.Expression:
    """The second value is computed only beside a first one, as Polars' lowering does, where it could stop the run.

    A case also of structs, whose texts DuckDB's own nullif takes for never null.
    """
    equal = (sql.binary("=", call[0], call[1]), sql.null())
    if can_fail(call.apply.args[1]):
        absent = (sql.binary("is", call[0], sql.null()), sql.null())
        return sql.text_or_null(sql.case(absent, equal, otherwise=call[0]), call.type)
    if isinstance(call.type, t.String | t.Json | t.Struct):
        return sql.text_or_null(sql.case(equal, otherwise=call[0]), call.type)
    return sql.call("nullif", call[0], call[1])


def _may_be_null(node: Node) -> bool:
    """Whatever is not written down: a column may stand for a null of a step or a union before."""
    return not (isinstance(node, Value) and node.value is not None)


CONDITIONALS = (
    Function(signature="case(when: boolean, then: T...) -> T", polars=_case, sql=_case_sql, hidden=True,
             doc="the value of the first condition that is true, else of else, else null"),
    Function(signature="coalesce(x: T, y: T...) -> T", doc="the first that is not null",
             polars=lambda call: pl.coalesce(call.args), sql=lambda call: sql.call("coalesce", *call.args),
             aliases=("ifnull", "nvl")),
    Function(signature="nullif(x: T, y: T) -> T", doc="null where both are equal, else x",
             polars=lambda call: pl.when(call[0].eq_missing(call[1])).then(None).otherwise(call[0]),
             sql=_nullif_sql, check=check_equality),
    Function(signature="greatest(x: T, y: T...) -> T", doc="the largest; nulls are left out, null if all are",
             polars=lambda call: pl.max_horizontal(call.args), check=check_order,
             sql=lambda call: sql.call("greatest", *call.args)),
    Function(signature="least(x: T, y: T...) -> T", doc="the smallest; nulls are left out, null if all are",
             polars=lambda call: pl.min_horizontal(call.args), check=check_order,
             sql=lambda call: sql.call("least", *call.args)),
    Function(signature="if(condition: boolean, then: T, else: T) -> T", aliases=("iff",),
             doc="then where the condition is true, else the other, also for null",
             polars=lambda call: pl.when(call[0]).then(call[1]).otherwise(call[2]),
             sql=_case_sql),
)  # fmt: skip
