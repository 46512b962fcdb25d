"""Conversions between types, spelled out so that both engines give the same value or the same refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from ir import types as t
from transforms.dtypes import polars_dtype
from transforms.expressions import sql_parts as sql
from transforms.expressions.signature import Function, Lowered

if TYPE_CHECKING:
    from sqlglot import exp

BLANKS = " \t\n\r\v\f"
_DATE = r"\d{4}-\d{2}-\d{2}"
_TIME = r"\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?"
_DATETIME = rf"{_DATE}(?:[ T]{_TIME})?"
_OFFSET = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
_OFFSET_AFTER_TIME = rf":\d{{2}}(?:\.\d{{1,6}})?{_OFFSET}$"
_HALF_AWAY: Literal["half_away_from_zero"] = "half_away_from_zero"


def can_cast(source: t.DataType, to: t.DataType) -> bool:
    """Whether values of `source` have a meaning as `to`."""
    if source == to or isinstance(source, t.Null):
        return True
    match source, to:
        case ((t.String() | t.Json()), (t.ListOf() | t.Struct() | t.File() | t.Duration())):
            return False
        case ((t.String() | t.Json()), _):
            return True
        case (t.ListOf(one), t.ListOf(other)):
            return can_cast(one, other)
        case ((t.ListOf() | t.Struct() | t.File()), _):
            return False
        case t.Duration(), t.String():
            return False
        case _, t.String():
            return True
        case ((t.Integer() | t.Number() | t.Decimal() | t.Boolean()), (t.Integer() | t.Number() | t.Decimal())):
            return True
        case (t.Integer(), t.Boolean()):
            return True
        case ((t.Date() | t.Datetime()), (t.Date() | t.Datetime())):
            return True
        case t.Datetime(), t.Time():
            return True
    return False


def polars_cast(value: pl.Expr, source: t.DataType, to: t.DataType, *, safe: bool, timezone: str) -> pl.Expr:
    """`value` as `to`; with `safe` what does not convert is null instead of an error."""
    if source == to:
        return value
    strict = not safe
    dtype = polars_dtype(to)
    match source, to:
        case t.Null(), _:
            return value.cast(dtype)
        case ((t.String() | t.Json()), (t.String() | t.Json())):
            return value
        case ((t.String() | t.Json()), _):
            return _polars_from_text(value.str.strip_chars(BLANKS), to, strict=strict, timezone=timezone)
        case _, t.String():
            return polars_text(value, source, timezone=timezone)
        case t.Number(), t.Integer():
            return value.round(0, mode=_HALF_AWAY).cast(dtype, strict=strict)
        case t.Decimal(), t.Integer():
            return value.round(0, mode=_HALF_AWAY).cast(dtype, strict=strict)
        case (t.Decimal(_, scale), t.Decimal(precision, smaller)) if smaller < scale:
            return value.round(smaller, mode=_HALF_AWAY).cast(pl.Decimal(precision, smaller), strict=strict)
        case t.Number(), t.Decimal(precision, scale):
            return value.round(scale, mode=_HALF_AWAY).cast(dtype, strict=strict)
        case t.Boolean(), t.Decimal():
            return value.cast(pl.Int64).cast(dtype, strict=strict)
        case t.Integer(), t.Boolean():
            return value != 0
        case t.Date(), t.Datetime(zoned=True):
            return instant_at(value.cast(pl.Datetime("us")), timezone)
        case t.Datetime(zoned=True), t.Datetime(zoned=False):
            return wall_clock(value, timezone)
        case t.Datetime(zoned=False), t.Datetime(zoned=True):
            return instant_at(value, timezone)
        case t.Datetime(zoned=True), t.Date():
            return wall_clock(value, timezone).dt.date()
        case t.Datetime(zoned=True), t.Time():
            return wall_clock(value, timezone).dt.time()
        case t.Datetime(), t.Date():
            return value.dt.date()
        case t.Datetime(), t.Time():
            return value.dt.time()
        case t.ListOf(one), t.ListOf(other):
            return value.list.eval(polars_cast(pl.element(), one, other, safe=safe, timezone=timezone))
    return value.cast(dtype, strict=strict)


def wall_clock(value: pl.Expr, timezone: str) -> pl.Expr:
    """The wall clock's time in `timezone` of an instant."""
    if timezone == "UTC":
        return value.dt.replace_time_zone(None)
    return value.dt.convert_time_zone(timezone).dt.replace_time_zone(None)


def instant_at(value: pl.Expr, timezone: str) -> pl.Expr:
    """The instant at which the wall clock in `timezone` shows `value`.

    A time shown twice is the later one; one that a change of clocks skips is read with the offset of the day before.
    """
    if timezone == "UTC":
        return value.dt.replace_time_zone("UTC")
    shown = value.dt.replace_time_zone(timezone, ambiguous="latest", non_existent="null")
    skipped = value.dt.offset_by("-1d").dt.replace_time_zone(timezone, ambiguous="latest", non_existent="null")
    return pl.coalesce(shown.dt.convert_time_zone("UTC"), skipped.dt.convert_time_zone("UTC").dt.offset_by("24h"))


def _polars_from_text(text: pl.Expr, to: t.DataType, *, strict: bool, timezone: str) -> pl.Expr:
    match to:
        case t.Integer():
            return text.cast(pl.Int64, strict=strict)
        case t.Number():
            return text.cast(pl.Float64, strict=strict).fill_nan(None)
        case t.Decimal(precision, scale):
            # read with all the digits there is room for: Polars would cut or round half to even
            exact = _only(text, r"^[+-]?(\d+\.?\d*|\.\d+)$").cast(pl.Decimal(38, 38 - precision + scale), strict=strict)
            return exact.round(scale, mode=_HALF_AWAY).cast(pl.Decimal(precision, scale), strict=strict)
        case t.Boolean():
            known = text.str.to_lowercase()
            found = known.replace_strict(["true", "false"], [True, False], default=None, return_dtype=pl.Boolean)
            return found if not strict else known.replace_strict(["true", "false"], [True, False],
                                                                 return_dtype=pl.Boolean)  # fmt: skip
        case t.Date():
            return _only(text, rf"^{_DATE}$").str.to_date("%Y-%m-%d", strict=strict)
        case t.Datetime(zoned):
            return _polars_datetime(text, zoned=zoned, strict=strict, timezone=timezone)
        case t.Time():
            return _with_seconds(_only(text, rf"^{_TIME}$"), 5).str.to_time("%H:%M:%S%.f", strict=strict)
    raise AssertionError(f"no cast from text to {to}")


def _only(text: pl.Expr, pattern: str) -> pl.Expr:
    """The text where it matches, else with a mark that nothing reads: both engines then take the same spellings."""
    return pl.when(text.str.contains(pattern)).then(text).otherwise(text + pl.lit("?"))


def _with_seconds(text: pl.Expr, length: int) -> pl.Expr:
    return pl.when(text.str.len_bytes() == length).then(text + pl.lit(":00")).otherwise(text)


def _polars_datetime(text: pl.Expr, *, zoned: bool, strict: bool, timezone: str) -> pl.Expr:
    """ISO text, with T or a space, with or without seconds and time of day; zoned also with an offset."""
    if not zoned:
        return _polars_wall_clock(_only(text, rf"^{_DATETIME}$"), strict=strict)
    known = _only(text, rf"^{_DATETIME}{_OFFSET}?$")
    bare = known.str.replace(rf"{_OFFSET}$", "")
    local = _polars_wall_clock(
        pl.when(text.str.contains(_OFFSET_AFTER_TIME)).then(bare).otherwise(known), strict=strict
    )
    offset = pl.when(text.str.contains(_OFFSET_AFTER_TIME)).then(text.str.extract(rf"({_OFFSET})$"))
    hours = offset.str.extract(r"^([+-]\d{2})").cast(pl.Int64)
    minutes = offset.str.extract(r"^[+-]\d{2}:?(\d{2})$").cast(pl.Int64).fill_null(0)
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    off_by = pl.duration(minutes=hours.fill_null(0) * 60 + sign * minutes)
    shifted = (local - off_by).dt.replace_time_zone("UTC")
    return pl.when(offset.is_not_null()).then(shifted).otherwise(instant_at(local, timezone))


def _polars_wall_clock(text: pl.Expr, *, strict: bool) -> pl.Expr:
    spaced = text.str.replace("T", " ", literal=True)
    full = pl.when(spaced.str.len_bytes() == 10).then(spaced + pl.lit(" 00:00:00")).otherwise(_with_seconds(spaced, 16))
    return full.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=strict)


def polars_text(value: pl.Expr, source: t.DataType, *, timezone: str) -> pl.Expr:
    """The value's shortest exact text, ISO for dates, true and false."""
    match source:
        case t.String() | t.Json():
            return value
        case t.Boolean():
            return pl.when(value).then(pl.lit("true")).when(~value).then(pl.lit("false"))
        case t.Number():
            return _polars_number_text(value)
        case t.Date():
            return value.dt.strftime("%Y-%m-%d")
        case t.Datetime(zoned):
            local = wall_clock(value, timezone) if zoned else value
            whole = local.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
            return _short_fraction(whole)
        case t.Time():
            return _short_fraction(value.dt.strftime("%H:%M:%S%.6f"))
    return value.cast(pl.String)


def _short_fraction(text: pl.Expr) -> pl.Expr:
    return text.str.replace(r"\.?0{1,6}$", "")


def _polars_number_text(value: pl.Expr) -> pl.Expr:
    """As Python and DuckDB write it, 1e-05, but without an empty fraction and -0 as 0.

    Polars writes 0.00001 and 1e-7.
    """
    text = value.cast(pl.String).str.replace(r"^-(0)\.0$|\.0$", "${1}")
    tiny = text.str.replace(r"^(-?)0\.0000([1-9])$", "${1}${2}e-05")
    tiny = tiny.str.replace(r"^(-?)0\.0000([1-9])(\d+)$", "${1}${2}.${3}e-05").str.replace(r"e-(\d)$", "e-0${1}")
    return pl.when(value.abs() < 1e-4).then(tiny).otherwise(text)


def sql_cast(value: exp.Expression, source: t.DataType, to: t.DataType, *, safe: bool, timezone: str) -> exp.Expression:
    """The same conversion in DuckDB's SQL."""
    if source == to:
        return value
    match source, to:
        case ((t.String() | t.Json()), (t.String() | t.Json())):
            return value
        case ((t.String() | t.Json()), _):
            return _sql_from_text(sql.call("trim", value, sql.text(BLANKS)), to, safe=safe, timezone=timezone)
        case _, t.String():
            return sql_text(value, source, timezone=timezone)
        case ((t.Number() | t.Decimal()), t.Integer()):
            return sql.cast(sql.call("round", value, sql.integer(0)), to, safe=safe)
        case t.Number(), t.Decimal(_, scale):
            return sql.cast(sql.call("round", value, sql.integer(scale)), to, safe=safe)
        case t.Boolean(), t.Decimal():
            return sql.cast(sql.cast(value, t.Integer()), to, safe=safe)
        case (t.Date(), t.Datetime(zoned=True)) | (t.Datetime(zoned=False), t.Datetime(zoned=True)):
            return sql.call("timezone", sql.text(timezone), sql.cast(value, "TIMESTAMP"))
        case t.Datetime(zoned=True), t.Datetime(zoned=False):
            return sql_wall_clock(value, timezone)
        case t.Datetime(zoned=True), (t.Date() | t.Time()):
            return sql.cast(sql_wall_clock(value, timezone), to)
        case t.ListOf(one), t.ListOf(other):
            return _sql_items(value, one, other, safe=safe, timezone=timezone)
    return sql.cast(value, to, safe=safe)


def _sql_items(
    value: exp.Expression, one: t.DataType, other: t.DataType, *, safe: bool, timezone: str
) -> exp.Expression:
    from sqlglot import exp

    item = sql_cast(exp.column("item"), one, other, safe=safe, timezone=timezone)
    return sql.call("list_transform", value, exp.Lambda(this=item, expressions=[exp.to_identifier("item")]))


def sql_wall_clock(value: exp.Expression, timezone: str) -> exp.Expression:
    return sql.call("timezone", sql.text(timezone), value)


def _sql_from_text(text: exp.Expression, to: t.DataType, *, safe: bool, timezone: str) -> exp.Expression:
    match to:
        case t.Integer():
            # DuckDB rounds '2.7' and reads '1e3' and '0x1F': a mark behind what is no digit makes it refuse them
            return sql.cast(_marked(text, "[^0-9+-]"), to, safe=safe)
        case t.Number():
            found = sql.cast(_marked(text, "[^0-9+.eEiInNfFtTyYaA-]"), to, safe=safe)
            return without_nan(found)
        case t.Decimal():
            return sql.cast(_marked(text, "[^0-9+.-]"), to, safe=safe)
        case t.Boolean():
            known = sql.call("lower", text)
            return sql.cast(_marked_unless(known, "true|false"), to, safe=safe)
        case t.Date():
            return sql.cast(_marked_unless(text, _DATE), to, safe=safe)
        case t.Datetime(zoned=False):
            return sql.cast(_marked_unless(text, _DATETIME), to, safe=safe)
        case t.Datetime():
            local = sql.cast(_marked_unless(text.copy(), _DATETIME), t.Datetime(), safe=safe)
            with_offset = sql.cast(_marked_unless(text.copy(), _DATETIME + _OFFSET), to, safe=safe)
            return sql.case((sql.call("regexp_matches", text, sql.text(_OFFSET_AFTER_TIME)), with_offset),
                            otherwise=sql.call("timezone", sql.text(timezone), local))  # fmt: skip
    return sql.cast(_marked_unless(text, _TIME), to, safe=safe)


def _marked(text: exp.Expression, refused: str) -> exp.Expression:
    return sql.call("regexp_replace", text, sql.text(refused), sql.text(r"?\0"))


def _marked_unless(text: exp.Expression, taken: str) -> exp.Expression:
    """The text if it is one of `taken`, else with a mark that no cast accepts."""
    return sql.call("regexp_replace", text, sql.text(f"^(?:({taken})|(?s:.*))$"), sql.text(r"\1"))


def without_nan(value: exp.Expression) -> exp.Expression:
    """NaN as null: in DuckDB NaN equals NaN."""
    return sql.call("nullif", value, sql.cast(sql.text("NaN"), t.Number()))


def sql_text(value: exp.Expression, source: t.DataType, *, timezone: str) -> exp.Expression:
    match source:
        case t.String() | t.Json():
            return value
        case t.Number():
            return sql.call("regexp_replace", sql.cast(value, t.String()), sql.text(r"^-(0)\.0$|\.0$"), sql.text(r"\1"))
        case t.Datetime(zoned=True):
            return sql.cast(sql_wall_clock(value, timezone), t.String())
        case t.Decimal(precision, scale) if precision == scale:
            # DuckDB leaves out the 0 where there is no room for one before the point
            return sql.call("regexp_replace", sql.cast(value, t.String()), sql.text(r"^(-?)\."), sql.text(r"\10."))
    return sql.cast(value, t.String())


def _polars(call: Lowered[pl.Expr], *, safe: bool) -> pl.Expr:
    return polars_cast(call[0], call.type_of(0), call.type, safe=safe, timezone=call.clock.timezone)


def _sql(call: Lowered[exp.Expression], *, safe: bool) -> exp.Expression:
    return sql_cast(call[0], call.type_of(0), call.type, safe=safe, timezone=call.clock.timezone)


CASTS = (
    Function(
        signature="cast(x: any) -> T",
        doc="`cast(x as type)`; text is trimmed; what does not convert is an error; null stays null",
        polars=lambda call: _polars(call, safe=False),
        sql=lambda call: _sql(call, safe=False),
    ),
    Function(
        signature="try_cast(x: any) -> T",
        doc="`try_cast(x as type)`: as cast, but null for what does not convert",
        polars=lambda call: _polars(call, safe=True),
        sql=lambda call: _sql(call, safe=True),
    ),
)
