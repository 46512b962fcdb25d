"""Dates and intervals added and subtracted. Months keep the day where they can, else take the month's last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ir import types as t
from ir.expressions import Interval
from transforms.expressions import sql_parts as sql
from transforms.expressions.casts import instant_at, wall_clock
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression
    Call = Lowered[pl.Expr]


def interval_sql(value: Interval) -> Sql:
    """The interval's months, days and microseconds added up."""
    parts = [(name, amount) for name, amount in (("to_months", value.months), ("to_days", value.days),
             ("to_microseconds", value.microseconds)) if amount]  # fmt: skip
    found = [sql.call(name, sql.integer(amount)) for name, amount in parts or [("to_days", 0)]]
    total = found[0]
    for each in found[1:]:
        total = sql.binary("+", total, each)
    return total


def _interval(node: Node) -> Interval | None:
    return node.value if isinstance(node, Value) and isinstance(node.value, Interval) else None


def _shift(value: pl.Expr, kind: t.DataType, interval: Interval, sign: int, timezone: str) -> pl.Expr:
    steps = (("mo", interval.months), ("d", interval.days), ("us", interval.microseconds))
    zoned = isinstance(kind, t.Datetime) and kind.zoned
    if zoned and (interval.months or interval.days):
        # by the calendar of the time zone, as a person would count days over a change of clocks
        value = wall_clock(value, timezone)
    for unit, amount in steps:
        if amount:
            value = value.dt.offset_by(f"{sign * amount}{unit}")
    return instant_at(value, timezone) if zoned and (interval.months or interval.days) else value


def _moved(call: Call, sign: int) -> pl.Expr:
    interval = _interval(call.apply.args[1])
    if interval is None:
        return call[0] + call[1] if sign > 0 else call[0] - call[1]
    return _shift(call[0], call.type_of(0), interval, sign, call.clock.timezone)


def _moved_sql(call: Lowered[Sql], operator: str) -> Sql:
    kind = call.type_of(0)
    interval = _interval(call.apply.args[1])
    if isinstance(kind, t.Datetime) and kind.zoned and interval and (interval.months or interval.days):
        zone = sql.text(call.clock.timezone)
        local = sql.binary(operator, sql.call("timezone", zone, call[0]), call[1])
        return sql.call("timezone", zone.copy(), local)
    found = sql.binary(operator, call[0], call[1])
    return sql.cast(found, call.type) if isinstance(call.type, t.Date) else found


def _check_moved(function: Function, args: tuple[Node, ...]) -> str | None:
    interval = _interval(args[1])
    if isinstance(args[0].type, t.Date):
        if interval is None:
            return "a duration cannot be added to a date; cast the date as datetime"
        if interval.microseconds:
            return "hours and smaller units cannot be added to a date; cast it as datetime"
    return None


def _check_length(function: Function, args: tuple[Node, ...]) -> str | None:
    months = any(interval is not None and interval.months for interval in map(_interval, args))
    return "an interval of months has no length of its own, so it is added to dates only" if months else None


DATE_ARITHMETIC = (
    Function(signature="date + interval(x: date, y: interval) -> x", doc="x later by the interval; keeps the type",
             polars=lambda call: _moved(call, 1), sql=lambda call: _moved_sql(call, "+"), check=_check_moved,
             hidden=True),
    Function(signature="date - interval(x: date, y: interval) -> x", doc="x earlier by the interval; keeps the type",
             polars=lambda call: _moved(call, -1), sql=lambda call: _moved_sql(call, "-"), check=_check_moved,
             hidden=True),
    Function(signature="date - date(x: T, y: T) -> integer", doc="days from y to x", hidden=True,
             bounds=(-(2**32), 2**32), polars=lambda call: (call[0] - call[1]).dt.total_days().cast(pl.Int64),
             sql=lambda call: sql.binary("-", call[0], call[1])),
    Function(signature="datetime - datetime(x: T, y: T) -> duration", doc="the time from y to x", hidden=True,
             polars=lambda call: call[0] - call[1],
             sql=lambda call: sql.call("to_microseconds", sql.binary(
                 "-", sql.call("epoch_us", call[0]), sql.call("epoch_us", call[1])))),
    Function(signature="duration + duration(x: interval, y: interval) -> duration", doc="both together", hidden=True,
             check=_check_length, polars=lambda call: call[0] + call[1],
             sql=lambda call: sql.binary("+", call[0], call[1])),
    Function(signature="duration - duration(x: interval, y: interval) -> duration", doc="the difference", hidden=True,
             check=_check_length, polars=lambda call: call[0] - call[1],
             sql=lambda call: sql.binary("-", call[0], call[1])),
)  # fmt: skip
