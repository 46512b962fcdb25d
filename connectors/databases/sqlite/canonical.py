"""Moments written in one way, so that SQLite compares and sorts them as the moments they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

_WHOLE = "0000-00-00 00:00:00.000000"


def canonical_date(value: exp.Expression) -> exp.Expression:
    """The date without the time of zeros that may stand behind it."""
    return sql.call("SUBSTR", value, sql.integer(1), sql.integer(10))


def canonical_datetime(value: exp.Expression) -> exp.Expression:
    """As 2026-01-31 14:00:00.000000, in UTC where it has an offset."""
    from sqlglot import exp

    last = sql.call("SUBSTR", value, sql.integer(-1))
    sign = sql.call("SUBSTR", value, sql.integer(-6), sql.integer(1))
    is_long = exp.GT(this=sql.call("LENGTH", value), expression=sql.integer(16))
    has_offset = exp.And(this=is_long, expression=exp.In(this=sign, expressions=[sql.text("+"), sql.text("-")]))
    in_utc = exp.In(this=last, expressions=[sql.text("Z"), sql.text("z")])
    return exp.Case(
        ifs=[exp.If(this=in_utc, true=_filled(_behind_cut(value, 1))),
             exp.If(this=has_offset, true=_shifted(_behind_cut(value, 6), sql.call("SUBSTR", value, sql.integer(-6))))],
        default=_filled(value),
    )  # fmt: skip


def canonical_time(value: exp.Expression) -> exp.Expression:
    """As 14:00:00.000000."""
    return _filled(value, start=11)


def _behind_cut(value: exp.Expression, count: int) -> exp.Expression:
    """The text without its last letters, and without the spaces before them."""
    from sqlglot import exp

    length = exp.Sub(this=sql.call("LENGTH", value), expression=sql.integer(count))
    return sql.call("RTRIM", sql.call("SUBSTR", value, sql.integer(1), length))


def _shifted(bare: exp.Expression, offset: exp.Expression) -> exp.Expression:
    """A datetime in UTC: whole seconds by SQLite, which knows no more than milliseconds, and the rest as it is."""
    from sqlglot import exp

    whole = _filled(bare)
    seconds = exp.DPipe(this=sql.call("SUBSTR", whole, sql.integer(1), sql.integer(19)), expression=offset)
    return exp.DPipe(this=sql.call("STRFTIME", sql.text("%Y-%m-%d %H:%M:%S"), seconds),
                     expression=sql.call("SUBSTR", whole.copy(), sql.integer(20)))  # fmt: skip


def _filled(value: exp.Expression, *, start: int = 0) -> exp.Expression:
    """With the zeros that are left out, microseconds included, and a space for T."""
    from sqlglot import exp

    spaced = sql.call("REPLACE", value, sql.text("T"), sql.text(" "))
    begin = exp.Add(this=sql.call("LENGTH", value.copy()), expression=sql.integer(1))
    rest = sql.call("SUBSTR", sql.text(_WHOLE[start:]), begin)
    whole = exp.DPipe(this=spaced, expression=rest)
    return sql.call("SUBSTR", whole, sql.integer(1), sql.integer(len(_WHOLE) - start))


def bindings(values: Iterable[Any]) -> dict[str, Any]:
    """The values by the numbers that a statement of ours names them by: ?1, ?2. Python takes no list of them for such
    names from 3.14 on."""
    return {str(number): bindable(each) for number, each in enumerate(values, 1)}


def bindable(value: Any) -> Any:
    """A value as SQLite keeps one of its kind."""
    match value:
        case bool():
            return int(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dt.datetime():
            moment = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
            return moment.isoformat(" ", "microseconds")
        case dt.time():
            return value.isoformat("microseconds")
        case dt.date():
            return value.isoformat()
    return value
