"""Functions of dates and datetimes. Weeks are ISO's; zoned datetimes are read in the workflow's time zone."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from ir import types as t
from transforms.expressions import sql_parts as sql
from transforms.expressions.casts import instant_at, polars_cast, sql_cast
from transforms.expressions.division import divided_by_one
from transforms.expressions.literals import INTEGER_RANGE
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value
from transforms.expressions.units import MICROSECONDS, POLARS, check_unit, unit_of

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression
    Call = Lowered[pl.Expr]

_ZONED = t.Datetime(zoned=True)
_DATE_UNITS = {"year", "quarter", "month", "week", "day"}
_OF_MONTHS = {"year", "quarter", "month"}
_FAR = 10**8
"""Months from which no moment is another one on either engine."""
_CODES = "YymdHIpMSfjaAbBVGuw%"


def local(call: Call, index: int) -> pl.Expr:
    """The argument by the wall clock of the workflow's time zone."""
    kind = call.type_of(index)
    if kind != _ZONED:
        return call[index]
    return polars_cast(call[index], kind, t.Datetime(), safe=False, timezone=call.clock.timezone)


def local_sql(call: Lowered[Sql], index: int) -> Sql:
    kind = call.type_of(index)
    if kind != _ZONED:
        return call[index]
    return sql_cast(call[index], kind, t.Datetime(), safe=False, timezone=call.clock.timezone)


def _part(name: str, polars: str, duckdb: str, doc: str, bounds: tuple[int, int],
          aliases: tuple[str, ...] = (), kind: str = "date") -> Function:  # fmt: skip
    def lowered(call: Call) -> pl.Expr:
        if kind == "moment" and isinstance(call.type_of(0), t.Date):
            return pl.when(call[0].is_not_null()).then(pl.lit(0, dtype=pl.Int64))
        found: pl.Expr = getattr(local(call, 0).dt, polars)()
        return found.cast(pl.Int64)

    return Function(signature=f"{name}(x: {kind}) -> integer", doc=doc, bounds=bounds, aliases=aliases,
                    polars=lowered,
                    sql=lambda call: sql.call(duckdb, local_sql(call, 0)))  # fmt: skip


_YEARS = (-300_000, 300_000)
PARTS = (
    _part("year", "year", "year", "the year", _YEARS),
    _part("quarter", "quarter", "quarter", "1 to 4", (1, 4)),
    _part("month", "month", "month", "1 to 12", (1, 12)),
    _part("week", "week", "week", "the ISO week, 1 to 53", (1, 53), ("weekofyear",)),
    _part("isoyear", "iso_year", "isoyear", "the year that the ISO week belongs to", _YEARS),
    _part("day", "day", "day", "the day of the month", (1, 31), ("dayofmonth",)),
    _part("dayofweek", "weekday", "isodow", "1 Monday to 7 Sunday", (1, 7), ("isodow", "weekday")),
    _part("dayofyear", "ordinal_day", "dayofyear", "1 to 366", (1, 366)),
    _part("hour", "hour", "hour", "0 to 23; 0 of a date", (0, 23), kind="moment"),
    _part("minute", "minute", "minute", "0 to 59; 0 of a date", (0, 59), kind="moment"),
    _part("second", "second", "second", "whole seconds, 0 to 59; 0 of a date", (0, 59), kind="moment"),
)
_BY_PART = {name: each for each in PARTS for name in (each.name, *each.aliases)} | {"dow": PARTS[6], "doy": PARTS[7]}


def part_function(name: str) -> Function | None:
    """The function that `extract(name from x)` stands for."""
    return _BY_PART.get(name.lower())


def _truncated(call: Call) -> pl.Expr:
    unit = unit_of(call.constant(0))
    kind = call.type_of(1)
    if isinstance(kind, t.Date) and unit not in _DATE_UNITS:
        return call[1]
    if kind == _ZONED and unit in _DATE_UNITS:
        return instant_at(local(call, 1).dt.truncate(POLARS[unit]), call.clock.timezone)
    if kind == _ZONED and unit == "hour":
        # zones are off by half hours too; the hour shown twice keeps its instant
        shown = local(call, 1)
        return call[1] - (shown - shown.dt.truncate("1h"))
    return call[1].dt.truncate(POLARS[unit])


def _truncated_sql(call: Lowered[Sql]) -> Sql:
    unit = unit_of(call.constant(0))
    kind = call.type_of(1)
    if isinstance(kind, t.Date):
        if unit not in _DATE_UNITS:
            return call[1]
        return sql.cast(sql.call("date_trunc", sql.text(unit), call[1]), kind)
    if kind == _ZONED and unit == "hour":
        shown = local_sql(call, 1)
        whole = sql.call("date_trunc", sql.text(unit), shown)
        rest = sql.binary("-", sql.call("epoch_us", shown.copy()), sql.call("epoch_us", whole))
        return sql.binary("-", call[1].copy(), sql.call("to_microseconds", rest))
    if kind == _ZONED and unit in _DATE_UNITS:
        zone = sql.text(call.clock.timezone)
        return sql.call("timezone", zone, sql.call("date_trunc", sql.text(unit), local_sql(call, 1)))
    return sql.call("date_trunc", sql.text(unit), call[1])


def _months(value: pl.Expr) -> pl.Expr:
    return value.dt.year().cast(pl.Int64) * 12 + value.dt.month().cast(pl.Int64)


def _microseconds(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Float64)


def _check_crossed(function: Function, args: tuple[Node, ...]) -> str | None:
    kind = args[1].type
    if not isinstance(kind, t.Date | t.Datetime):
        return f"{function.name} takes dates or datetimes, these are {kind}"
    return check_unit(function, args)


def _crossed(call: Call) -> pl.Expr:
    """How many boundaries of the unit lie between start and end."""
    unit = unit_of(call.constant(0))
    start, end = local(call, 1), local(call, 2)
    if unit == "year":
        return end.dt.year().cast(pl.Int64) - start.dt.year().cast(pl.Int64)
    if unit == "month":
        return _months(end) - _months(start)
    if unit == "quarter":
        return (_months(end) - 1) // 3 - (_months(start) - 1) // 3
    if unit == "week":
        monday = start.cast(pl.Date).dt.truncate("1w"), end.cast(pl.Date).dt.truncate("1w")
        return ((monday[1] - monday[0]).dt.total_days() // 7).cast(pl.Int64)
    step = MICROSECONDS[unit]
    epochs = [each.cast(pl.Datetime("us")).cast(pl.Int64) // step for each in (start, end)]
    return epochs[1] - epochs[0]


def _crossed_sql(call: Lowered[Sql]) -> Sql:
    unit = unit_of(call.constant(0))
    ends = [sql.cast(local_sql(call, index), t.Datetime()) for index in (1, 2)]
    if unit == "week":
        ends = [sql.cast(sql.call("date_trunc", sql.text("week"), each), t.Date()) for each in ends]
        return sql.binary("//", sql.binary("-", ends[1], ends[0]), sql.integer(7))
    if unit in MICROSECONDS and unit != "day":
        floors = [sql.call("epoch_us", sql.call("date_trunc", sql.text(unit), each)) for each in ends]
        return sql.binary("//", sql.binary("-", floors[1], floors[0]), sql.integer(MICROSECONDS[unit]))
    return sql.call("date_diff", sql.text(unit), ends[0], ends[1])


def _added(call: Call) -> pl.Expr:
    unit = unit_of(call.constant(0))
    suffix = POLARS[unit][1:]
    kind = call.type_of(2)
    zoned = kind == _ZONED and unit in _DATE_UNITS
    value = local(call, 2) if zoned else call[2]
    count = call.apply.args[1]
    step = 7 * MICROSECONDS["day"] if unit == "week" else MICROSECONDS.get(unit)
    if step is not None and not isinstance(count, Value):
        # Polars wraps where a moment is out of range: the way back from 128 bits raises
        moment = value.cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Int128)
        later = (moment + call[1].cast(pl.Int128) * step).cast(pl.Int64)
        found = later.cast(pl.Datetime("us", "UTC" if kind == _ZONED and not zoned else None))
        found = found.cast(pl.Date) if isinstance(kind, t.Date) else found
        return instant_at(found, call.clock.timezone) if zoned else found
    # Polars wraps where so many months do not fit 64 bits, and stops far below
    far = _FAR if unit in _OF_MONTHS else INTEGER_RANGE[1]
    by: str | pl.Expr = pl.format("{}" + suffix, call[1].clip(-far, far))
    if isinstance(count, Value) and isinstance(count.value, int):
        by = f"{max(-far, min(far, count.value))}{suffix}"
    found = value.dt.offset_by(by)
    return instant_at(found, call.clock.timezone) if zoned else found


def _added_sql(call: Lowered[Sql]) -> Sql:
    unit = unit_of(call.constant(0))
    kind = call.type_of(2)
    count = call[1]
    if not isinstance(call.apply.args[1], Value):
        # DuckDB minds a count that is too large also beside a null
        count = sql.case((sql.is_known(call[2]), count))
    interval = sql.call(f"to_{unit}s", count)
    if kind == _ZONED and unit in _DATE_UNITS:
        zone = sql.text(call.clock.timezone)
        return sql.call("timezone", zone, sql.binary("+", local_sql(call, 2), interval))
    found = sql.binary("+", call[2], interval)
    return sql.cast(found, kind) if isinstance(kind, t.Date) else found


def _check_add(function: Function, args: tuple[Node, ...]) -> str | None:
    found = check_unit(function, args)
    if found is None and isinstance(args[2].type, t.Date):
        unit = unit_of(str(args[0].value)) if isinstance(args[0], Value) else ""
        if unit not in _DATE_UNITS:
            return f"{unit}s cannot be added to a date; cast it as datetime"
    return found


_NO_YEAR = 10**9
"""Beyond what either engine takes for a year."""


def _made_date(call: Call) -> pl.Expr:
    # to Polars what does not fit its types is null, or an error beside a null: 100 fits, and no calendar has it
    month, day = (call[place].clip(0, 100).cast(pl.Int8) for place in (1, 2))
    year = pl.when(call[0].is_between(1, 9999)).then(call[0]).when(call[0].is_not_null()).then(_NO_YEAR)
    return pl.date(year.cast(pl.Int32), month, day)


def _made_date_sql(call: Lowered[Sql]) -> Sql:
    from sqlglot import exp

    outside = exp.Or(
        this=sql.binary("<", call[0], sql.integer(1)), expression=sql.binary(">", call[0].copy(), sql.integer(9999))
    )
    year = sql.case((outside, sql.integer(_NO_YEAR)), otherwise=call[0].copy())
    return sql.call("make_date", year, call[1], call[2])


def _format(text: str) -> str:
    return text.replace("%f", "%6f")


def _check_format(function: Function, args: tuple[Node, ...]) -> str | None:
    text = str(args[1].value) if isinstance(args[1], Value) and args[1].value is not None else ""
    for match in re.finditer(r"%(-?)(.?)", text):
        if not match[2] or match[2] not in _CODES or (match[1] and match[2] not in "mdHIMSj"):
            return f"{match.group()!r} is no code of {function.name}; the codes are %" + " %".join(_CODES)
    return None


def _strptime_sql(call: Lowered[Sql]) -> Sql:
    return sql.cast(sql.call("strptime", call[0], call[1]), t.Datetime())


def _now(call: Call) -> pl.Expr:
    return pl.lit(_instant(call).astimezone(datetime.UTC), dtype=pl.Datetime("us", "UTC"))


def _instant(call: Lowered[pl.Expr]) -> datetime.datetime:
    if call.clock.now is None:
        raise ValueError("now() is known only when the run starts; give the plan a time to show it")
    return call.clock.now


def _today(call: Call) -> pl.Expr:
    return pl.lit(_instant(call).astimezone(ZoneInfo(call.clock.timezone)).date(), dtype=pl.Date)


def _now_sql(call: Lowered[Sql]) -> Sql:
    from sqlglot import exp

    if call.clock.now is None:
        return sql.cast(exp.Placeholder(this="now"), _ZONED)
    return sql.literal(call.clock.now.astimezone(datetime.UTC), _ZONED)


def _today_sql(call: Lowered[Sql]) -> Sql:
    if call.clock.now is None:
        return sql.cast(sql.call("timezone", sql.text(call.clock.timezone), _now_sql(call)), t.Date())
    return sql.literal(call.clock.now.astimezone(ZoneInfo(call.clock.timezone)).date(), t.Date())


DATES = (
    *PARTS,
    Function(signature="date_trunc(unit: constant text, x: date) -> x", check=check_unit, polars=_truncated,
             sql=_truncated_sql, doc="the start of the year, quarter, month, week, day, hour, minute or second"),
    Function(signature="date_diff(unit: constant text, start: T, end: T) -> integer", aliases=("datediff",),
             check=_check_crossed, doc="boundaries of the unit crossed from start to end", polars=_crossed,
             sql=_crossed_sql),
    Function(signature="date_add(unit: constant text, count: integer, x: date) -> x", aliases=("dateadd",),
             check=_check_add, doc="x later by that many units; also date_add(x, interval '1' day)", polars=_added,
             sql=_added_sql, can_fail=True),
    Function(signature="make_date(year: integer, month: integer, day: integer) -> date",
             doc="the date; one that does not exist, or a year outside 1 to 9999, is an error", can_fail=True,
             polars=_made_date,
             sql=_made_date_sql),
    Function(signature="last_day(x: date) -> date", doc="the last day of the month",
             polars=lambda call: local(call, 0).cast(pl.Date).dt.month_end(),
             sql=lambda call: sql.call("last_day", sql.cast(local_sql(call, 0), t.Date()))),
    Function(signature="strftime(x: date, format: constant text) -> text", check=_check_format,
             doc="text by codes such as %Y-%m-%d %H:%M:%S",
             polars=lambda call: local(call, 0).cast(pl.Datetime("us")).dt.strftime(_format(call.constant(1))),
             sql=lambda call: sql.call("strftime", local_sql(call, 0), call[1])),
    Function(signature="strptime(x: text, format: constant text) -> datetime", check=_check_format, can_fail=True,
             sql=_strptime_sql,
             doc="the datetime a text spells by such codes; what does not fit is an error",
             polars=lambda call: call[0].str.to_datetime(_format(call.constant(1)), time_unit="us")),
    Function(signature="epoch(x: date) -> number", doc="seconds since 1970-01-01 UTC",
             polars=lambda call: divided_by_one(_microseconds(call[0]), pl.lit(1e6)),
             sql=lambda call: sql.binary("/", sql.call("epoch_us", sql.cast(call[0], t.Datetime())
                                         if isinstance(call.type_of(0), t.Date) else call[0]),
                                         sql.literal(1e6, t.Number()))),
    Function(signature="today() -> date", doc="the day the run started, in the workflow's time zone", polars=_today,
             sql=_today_sql),
    Function(signature="now() -> instant", doc="the moment the run started", polars=_now, sql=_now_sql),
)  # fmt: skip
