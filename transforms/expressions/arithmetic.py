"""+ - * / // % and the sign, on integers that never wrap, exact decimals and numbers that are never NaN."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from ir import types as t
from transforms.dtypes import polars_dtype
from transforms.expressions import sql_parts as sql
from transforms.expressions.bounds import bounds, fits, result_bounds
from transforms.expressions.casts import without_nan
from transforms.expressions.division import divided_by_one, is_one_value
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value
from transforms.expressions.widening import arithmetic_type

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression


def _plain(operator: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return {"+": pl.Expr.add, "-": pl.Expr.sub, "*": pl.Expr.mul}[operator](left, right)


def _checked(call: Lowered[pl.Expr]) -> pl.Expr:
    """+ - *: see docs/decisions/integer-overflow.md for why Int128 and where not."""
    operator = call.apply.function.name
    if isinstance(call.type, t.Integer):
        if fits(result_bounds(call.apply)):
            return _plain(operator, call[0], call[1])
        # Polars wraps silently; the way back from 128 bits raises for what does not fit
        return _plain(operator, call[0].cast(pl.Int128), call[1].cast(pl.Int128)).cast(pl.Int64)
    if isinstance(call.type, t.Decimal):
        if operator == "*":
            return _decimal_product(call, call.type)
        # Polars keeps the wider of both scales: at the result's scale nothing is rounded away
        wide = pl.Decimal(38, call.type.scale)
        return _plain(operator, call[0].cast(wide), call[1].cast(wide)).cast(polars_dtype(call.type))
    found = _plain(operator, call[0], call[1])
    return found.fill_nan(None) if _may_be_nan(call) else found


def _decimal_product(call: Lowered[pl.Expr], kind: t.Decimal) -> pl.Expr:
    """Exact up to 38 digits: Polars rounds to the wider scale, so the digits are multiplied without their points."""
    digits = pl.Decimal(38, 0)
    # a cast to the result's scale instead would refuse large factors of products that fit
    left, right = (
        call[place].to_physical().reinterpret(dtype=digits)
        if isinstance(call.type_of(place), t.Decimal)
        else call[place].cast(digits)
        for place in (0, 1)
    )
    return (left * right).to_physical().reinterpret(dtype=polars_dtype(kind))


def _may_be_nan(call: Lowered[Any]) -> bool:
    """Whether number + - * can meet inf - inf or 0 * inf: not beside a finite constant (other than 0 for *)."""
    for arg in call.apply.args:
        if isinstance(arg, Value) and isinstance(arg.value, float) and math.isfinite(arg.value):
            return call.apply.function.name == "*" and arg.value == 0
    return True


def _checked_sql(call: Lowered[Sql]) -> Sql:
    operator = call.apply.function.name
    if isinstance(call.type, t.Integer):
        return sql.binary(operator, call[0], call[1])
    if isinstance(call.type, t.Decimal):
        if operator == "*":
            # one side of 38 digits makes DuckDB multiply in 128 bits
            scale = call.type_of(0).scale  # type: ignore[attr-defined]
            return sql.cast(sql.binary("*", sql.cast(call[0], t.Decimal(38, scale)), call[1]), call.type)
        wide = t.Decimal(38, call.type.scale) if call.type.precision > 18 else call.type
        return sql.cast(sql.binary(operator, sql.cast(call[0], wide), sql.cast(call[1], wide)), call.type)
    found = sql.binary(operator, call[0], call[1])
    return without_nan(found) if _may_be_nan(call) else found


def _divided(call: Lowered[pl.Expr]) -> pl.Expr:
    divisor = call.apply.args[1]
    if isinstance(divisor, Value) and divisor.value and math.isfinite(divisor.value):  # type: ignore[arg-type]
        return divided_by_one(call[0], call[1])
    if is_one_value(divisor, call.window):
        known = (call[1] != 0) & call[1].is_not_null()
        return pl.when(known).then(divided_by_one(call[0], call[1])).fill_nan(None)
    return (call[0] / pl.when(call[1] != 0).then(call[1])).fill_nan(None)


def _divided_sql(call: Lowered[Sql]) -> Sql:
    divisor = call.apply.args[1]
    if isinstance(divisor, Value) and divisor.value and math.isfinite(divisor.value):  # type: ignore[arg-type]
        return sql.binary("/", call[0], call[1])
    return without_nan(sql.binary("/", call[0], sql.call("nullif", call[1], sql.integer(0))))


def _quotient(call: Lowered[pl.Expr]) -> pl.Expr:
    """Whole quotient toward zero, null by 0; the smallest integer by -1 does not fit and is an error."""
    if isinstance(call.type, t.Number):
        return _divided(call).truncate()
    low, high = bounds(call.apply.args[1])
    if low > 0 or high < -1:
        return call[0].truncdiv(call[1])
    return call[0].cast(pl.Int128).truncdiv(call[1].cast(pl.Int128)).cast(pl.Int64)


def _quotient_sql(call: Lowered[Sql]) -> Sql:
    if isinstance(call.type, t.Number):
        return sql.call("trunc", _divided_sql(call))
    return sql.binary("//", call[0], _nonzero_sql(call))


def _nonzero_sql(call: Lowered[Sql]) -> Sql:
    low, high = bounds(call.apply.args[1]) if isinstance(call.type_of(1), t.Integer) else (0, 0)
    return call[1] if low > 0 or high < 0 else sql.call("nullif", call[1], sql.integer(0))


def _remainder(call: Lowered[pl.Expr]) -> pl.Expr:
    """x - y * trunc(x / y): the sign is x's; null by 0."""
    left, right = call[0], call[1]
    if isinstance(call.type, t.Integer):
        # by -1 quotient and product both wrap for the smallest integer, which gives the right 0
        return left - left.truncdiv(right) * right
    if isinstance(call.type, t.Decimal):
        wide = pl.Decimal(38, call.type.scale)
        left, right = left.cast(wide), right.cast(wide)
        # Polars takes the sign of the divisor: of magnitudes both rules agree
        magnitude = left.abs() % pl.when(right != 0).then(right.abs())
        return pl.when(left < 0).then(-magnitude).otherwise(magnitude).cast(polars_dtype(call.type))
    return (left - _divided(call).truncate() * right).fill_nan(None)


def _remainder_sql(call: Lowered[Sql]) -> Sql:
    if isinstance(call.type, t.Integer):
        low, high = bounds(call.apply.args[1])
        if low > 0 or high < -1:
            return sql.binary("%", call[0], call[1])
        # DuckDB refuses the smallest integer % -1, which is 0: 128 bits do not
        wide = sql.binary("%", sql.cast(call[0], "HUGEINT"), _nonzero_sql(call))
        return sql.cast(wide, call.type)
    if isinstance(call.type, t.Decimal):
        zero = sql.call("nullif", sql.cast(call[1], call.type), sql.integer(0))
        return sql.cast(sql.binary("%", sql.cast(call[0], call.type), zero), call.type)
    whole = sql.call("trunc", _divided_sql(call))
    return without_nan(sql.binary("-", call[0], sql.binary("*", whole, call[1])))


def _negative(call: Lowered[pl.Expr]) -> pl.Expr:
    if isinstance(call.type, t.Integer) and not fits(result_bounds(call.apply)):
        return (pl.lit(0, dtype=pl.Int128) - call[0].cast(pl.Int128)).cast(pl.Int64)
    if isinstance(call.type, t.Decimal):
        return (-call[0]).cast(polars_dtype(call.type))
    return -call[0]


def _negative_sql(call: Lowered[Sql]) -> Sql:
    from sqlglot import exp

    return exp.Neg(this=sql.wrap(call[0]))


def _result(operator: str) -> Callable[[Sequence[Node]], t.DataType]:
    def result(args: Sequence[Node]) -> t.DataType:
        return arithmetic_type(operator, args[0].type, args[1].type) or t.Number()

    return result


def _checked_operator(operator: str, doc: str) -> Function:
    return Function(signature=f"{operator}(x: numeric, y: numeric) -> x", doc=doc, polars=_checked, sql=_checked_sql,
                    result=_result(operator), hidden=True)  # fmt: skip


ARITHMETIC = (
    _checked_operator("+", "sum; integers too large are an error, null with null is null"),
    _checked_operator("-", "difference; integers too large are an error"),
    _checked_operator("*", "product; decimals give scale s1 + s2, integers too large are an error"),
    Function(signature="/(x: number, y: number) -> number", doc="quotient as number; by 0 null", polars=_divided,
             sql=_divided_sql, hidden=True),
    Function(signature="//(x: numeric, y: numeric) -> x", polars=_quotient, sql=_quotient_sql, hidden=True,
             doc="whole quotient toward zero: integer of integers, else number; by 0 null"),
    Function(signature="%(x: numeric, y: numeric) -> x", result=_result("%"), polars=_remainder, sql=_remainder_sql,
             doc="what // leaves, with the sign of x; by 0 null", hidden=True),
    Function(signature="negative(x: numeric) -> x", doc="-x", polars=_negative, sql=_negative_sql, hidden=True),
    Function(signature="positive(x: numeric) -> x", doc="+x", polars=lambda call: call[0], sql=lambda call: call[0],
             hidden=True),
)  # fmt: skip
