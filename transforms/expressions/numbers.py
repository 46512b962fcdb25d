"""Functions of numbers. Null gives null; what would be NaN is null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from ir import types as t
from transforms.dtypes import polars_dtype
from transforms.expressions import sql_parts as sql
from transforms.expressions.bounds import bounds
from transforms.expressions.casts import without_nan
from transforms.expressions.division import divided_by_one
from transforms.expressions.literals import INTEGER_RANGE
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value, is_constant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlglot import exp

    Sql = exp.Expression
    Call = Lowered[pl.Expr]

_HALF_AWAY: Literal["half_away_from_zero"] = "half_away_from_zero"


def _rounded_type(args: Sequence[Node]) -> t.DataType:
    """The type of the argument; a decimal that loses digits has one more before its point, as 99.95 becomes 100.00."""
    kind = args[0].type
    digits = args[1].value if len(args) > 1 and isinstance(args[1], Value) else 0
    if isinstance(kind, t.Decimal) and isinstance(digits, int) and digits < kind.scale:
        return t.Decimal(min(kind.precision + 1, 38), kind.scale)
    return t.Integer() if isinstance(kind, t.Null) else kind


def _cut_type(args: Sequence[Node]) -> t.DataType:
    return t.Integer() if isinstance(args[0].type, t.Null) else args[0].type


def _digits(call: Lowered[pl.Expr] | Lowered[Sql]) -> int:
    return int(call.constant(1)) if len(call) > 1 else 0


def _round(call: Call) -> pl.Expr:
    digits = _digits(call)
    if isinstance(call.type, t.Integer) and digits >= 0:
        return call[0]
    if isinstance(call.type, t.Integer | t.Decimal) and digits < 0:
        # what stands behind the point decides nothing here: half a step is a whole number
        step: int = 10**-digits
        whole = call[0].cast(pl.Int128)
        half = pl.when(whole >= 0).then(step // 2).otherwise(-(step // 2)).cast(pl.Int128)
        return ((whole + half).truncdiv(pl.lit(step, dtype=pl.Int128)) * step).cast(polars_dtype(call.type))
    if isinstance(call.type, t.Decimal):
        return call[0].round(digits, mode=_HALF_AWAY).cast(polars_dtype(call.type))
    if digits < 0:
        power: float = 10.0**-digits
        return divided_by_one(call[0], pl.lit(power)).round(0, mode=_HALF_AWAY) * power
    return call[0].round(digits, mode=_HALF_AWAY)


def _round_sql(call: Lowered[Sql]) -> Sql:
    digits = _digits(call)
    if isinstance(call.type, t.Integer):
        return call[0] if digits >= 0 else sql.cast(sql.call("round", call[0], sql.integer(digits)), call.type)
    if isinstance(call.type, t.Decimal):
        rounded = sql.cast(sql.call("round", call[0], sql.integer(digits)), call.type)
        # DuckDB 2.0 makes 0 of null where no digit is left
        return sql.case((sql.is_known(call[0].copy()), rounded)) if digits < 0 else rounded
    if digits < 0:
        step = sql.literal(10.0**-digits, t.Number())
        return sql.binary("*", sql.call("round", sql.binary("/", call[0], step)), step.copy())
    return sql.call("round", call[0], sql.integer(digits))


def _check_round(function: Function, args: tuple[Node, ...]) -> str | None:
    if len(args) < 2:
        return None
    digits = args[1].value if isinstance(args[1], Value) else None
    if not isinstance(digits, int) or not -15 <= digits <= 30:
        return f"{function.name} takes digits from -15 to 30, not {digits}"
    return None


def _step(name: str, doc: str, polars: Callable[[pl.Expr], pl.Expr], *,
          result: Callable[[Sequence[Node]], t.DataType] = _rounded_type) -> Function:  # fmt: skip
    """floor, ceil and trunc: integers stay as they are, decimals keep their scale."""

    def lowered(call: Call) -> pl.Expr:
        if isinstance(call.type, t.Integer):
            return call[0]
        found = polars(call[0])
        return found.cast(polars_dtype(call.type)) if isinstance(call.type, t.Decimal) else found

    def lowered_sql(call: Lowered[Sql]) -> Sql:
        if isinstance(call.type, t.Integer):
            return call[0]
        found = sql.call(name, call[0])
        return sql.cast(found, call.type) if isinstance(call.type, t.Decimal) else found

    return Function(signature=f"{name}(x: numeric) -> x", doc=doc, polars=lowered, sql=lowered_sql,
                    result=result, aliases=("ceiling",) if name == "ceil" else ())  # fmt: skip


def _abs(call: Call) -> pl.Expr:
    if isinstance(call.type, t.Integer) and bounds(call.apply.args[0])[0] == INTEGER_RANGE[0]:
        return call[0].cast(pl.Int128).abs().cast(pl.Int64)
    return call[0].abs().cast(polars_dtype(call.type)) if isinstance(call.type, t.Decimal) else call[0].abs()


def _real(name: str, doc: str, polars: Callable[[pl.Expr], pl.Expr], duckdb: str,
          aliases: tuple[str, ...] = ()) -> Function:  # fmt: skip
    return Function(signature=f"{name}(x: number) -> number", doc=doc, aliases=aliases,
                    polars=lambda call: polars(call[0]).fill_nan(None),
                    sql=lambda call: without_nan(sql.call(duckdb, call[0])))  # fmt: skip


def _logarithm(name: str, polars: Callable[[pl.Expr], pl.Expr], duckdb: str) -> Function:
    """DuckDB raises for what is not positive: null below 0, -infinity at 0 on both engines."""

    def lowered_sql(call: Lowered[Sql]) -> Sql:
        zero = sql.literal(0.0, t.Number())
        return sql.case(
            (sql.binary(">", call[0], zero), sql.call(duckdb, call[0].copy())),
            (sql.binary("=", call[0].copy(), zero.copy()), sql.literal(float("-inf"), t.Number())),
        )

    return Function(signature=f"{name}(x: number) -> number", doc="-infinity at 0, null below",
                    polars=lambda call: polars(call[0]).fill_nan(None), sql=lowered_sql)  # fmt: skip


_LOG10_E = 0.4342944819032518


def _log10(call: Lowered[pl.Expr]) -> pl.Expr:
    """ln(x) · log10(e) on both engines: their own log10 differ in the last digit, and Polars' misses 1000."""
    found = call[0].log() * _LOG10_E
    whole = found.round()
    return pl.when(pl.lit(10.0).pow(whole) == call[0]).then(whole).otherwise(found).fill_nan(None)


def _log10_sql(call: Lowered[Sql]) -> Sql:
    zero = sql.literal(0.0, t.Number())
    found = sql.binary("*", sql.call("ln", call[0]), sql.literal(_LOG10_E, t.Number()))
    whole = sql.call("round", found.copy())
    power = sql.call("pow", sql.literal(10.0, t.Number()), whole)
    logarithm = sql.case((sql.binary("=", power, call[0].copy()), whole.copy()), otherwise=found)
    return sql.case(
        (sql.binary(">", call[0].copy(), zero), logarithm),
        (sql.binary("=", call[0].copy(), zero.copy()), sql.literal(float("-inf"), t.Number())),
    )


def _sqrt_sql(call: Lowered[Sql]) -> Sql:
    return sql.case((sql.binary(">=", call[0], sql.literal(0.0, t.Number())), sql.call("sqrt", call[0].copy())))


def _power(call: Call) -> pl.Expr:
    # Polars multiplies by itself for a constant exponent: of x to the 3rd one last digit in four is another one
    exponent = call[1] if not is_constant(call.apply.args[1]) else pl.when(call[0].is_not_null()).then(call[1])
    return call[0].pow(exponent).fill_nan(None)


NUMBERS = (
    Function(signature="round(x: numeric, digits?: constant integer) -> x", check=_check_round, polars=_round,
             result=_rounded_type, sql=_round_sql,
             doc="half away from zero; keeps the type, a decimal with room for one more digit before its point; "
             "negative digits round to tens, hundreds …"),
    _step("floor", "the next whole number below", lambda x: x.floor()),
    _step("ceil", "the next whole number above", lambda x: x.ceil()),
    _step("trunc", "without what stands behind the point", lambda x: x.truncate(), result=_cut_type),
    Function(signature="abs(x: numeric) -> x", doc="without sign; keeps the type", polars=_abs,
             sql=lambda call: sql.call("abs", call[0])),
    Function(signature="sign(x: numeric) -> integer", doc="-1, 0 or 1", bounds=(-1, 1),
             polars=lambda call: call[0].sign().cast(pl.Int64),
             sql=lambda call: sql.cast(sql.call("sign", call[0]), t.Integer())),
    Function(signature="power(x: number, y: number) -> number", aliases=("pow",),
             doc="x to the power of y; null where that is no real number",
             polars=_power,
             sql=lambda call: without_nan(sql.call("pow", call[0], call[1]))),
    Function(signature="sqrt(x: number) -> number", doc="null below 0", sql=_sqrt_sql,
             polars=lambda call: call[0].sqrt().fill_nan(None)),
    _real("exp", "e to the power of x", lambda x: x.exp(), "exp"),
    _logarithm("ln", lambda x: x.log(), "ln"),
    Function(signature="log10(x: number) -> number", doc="-infinity at 0, null below; exact for powers of ten",
             polars=_log10, sql=_log10_sql),
)  # fmt: skip
