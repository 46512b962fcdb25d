"""PostgreSQL's numeric: decimals of up to 131,072 digits, beside NaN and the infinities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.databases.postgres.expressions import any_of, cast, compare, func, text_of
from ir import types as t
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

    from connectors.databases.postgres.types import Reading

_DIGITS = 38
_SCALE = 10
"""Behind the point, where a numeric says nothing of its digits."""


def reading_of(modifier: int, *, is_stored: bool) -> Reading:
    """A decimal of the declared digits; of one without any, 10 digits behind the point.

    What a table holds is exact, or its row is bad. What a query computes, such as an average, has digits without end
    and is rounded.
    """
    from connectors.databases.postgres.types import Reading

    if modifier < 0:
        kind = t.Decimal(_DIGITS, _SCALE)
        if is_stored:
            return Reading(type=kind, asked=text_of, as_text=True, misfit=_is_other(kind))
        return Reading(type=kind, exact=False, misfit=_is_large(kind),
                       asked=lambda value: text_of(func("round", value, sql.integer(_SCALE))))  # fmt: skip
    precision, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
    if scale > 1023:  # eleven bits with a sign
        scale -= 2048
    kind, is_all = decimal_of(precision, scale)
    misfit = _is_nan if is_all else _is_other(kind)
    return Reading(type=kind, asked=text_of, as_text=True, misfit=misfit)


def decimal_of(precision: int, scale: int) -> tuple[t.Decimal, bool]:
    """Our decimal for numeric(precision, scale), and whether it holds all of its finite values."""
    if scale < 0:
        precision, scale = precision - scale, 0
    precision = max(precision, scale)
    if precision <= _DIGITS:
        return t.Decimal(precision, scale), True
    return t.Decimal(_DIGITS, min(scale, _DIGITS)), False


def _is_nan(value: exp.Expression) -> exp.Expression:
    return compare("=", value, cast(sql.text("NaN"), "numeric"))


def _is_large(kind: t.Decimal):  # type: ignore[no-untyped-def]
    def misfit(value: exp.Expression) -> exp.Expression:
        # NaN is greater than all numbers; a number just below the power may be rounded to it
        most = cast(sql.text("9" * (kind.precision - kind.scale)), "numeric")
        return compare(">", func("abs", value), most)

    return misfit


def _is_other(kind: t.Decimal):  # type: ignore[no-untyped-def]
    """Whether a value is too large for the decimal, or has more digits behind the point."""

    def misfit(value: exp.Expression) -> exp.Expression:
        most = cast(sql.text("1" + "0" * (kind.precision - kind.scale)), "numeric")
        rounded = func("round", value, sql.integer(kind.scale))
        return any_of(compare(">=", func("abs", value), most), compare("<>", value, rounded))

    return misfit
