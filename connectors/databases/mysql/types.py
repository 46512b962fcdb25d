"""The types of MySQL and MariaDB, and how their values become ours.

What the driver would refuse (zero dates, long or negative times) or round (decimals) is asked for as a number or text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from connectors.databases.column import Column
from ir import types as t
from ir.records import dataclass
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

_DAYS_BEFORE_1970 = 719_528
"""to_days('1970-01-01')."""
_MOST_DIGITS = 38
_WIDEST_INTEGER = 20
"""Digits of an unsigned bigint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """A type as the server describes it: `word` is its first word in lower case, `shown` all of it."""

    word: str
    shown: str
    precision: int = 0
    scale: int = 0
    is_unsigned: bool = False
    is_flag: bool = False
    """tinyint(1) or bit(1)."""
    is_json: bool = False
    """MariaDB's json: a text with a check that it is a document."""


def column(name: str, native: Native, *, not_null: bool = False) -> Column:
    """The column of that type. A type that nobody knows here is asked for as text."""
    make = _KINDS.get(native.word, _as_text)
    if native.is_json:
        make = _json
    return make(name, native, not_null)


def _integer(name: str, native: Native, not_null: bool) -> Column:
    if native.word == "tinyint" and native.is_flag and not native.is_unsigned:
        return Column(name=name, type=t.Boolean(), native=native.shown, misfit=_no_flag(name), exact=False,
                      not_null=not_null)  # fmt: skip
    if native.word == "bigint" and native.is_unsigned:
        return Column(name=name, type=t.Decimal(_WIDEST_INTEGER, 0), native=native.shown, not_null=not_null)
    return Column(name=name, type=t.Integer(), native=native.shown, not_null=not_null)


def _no_flag(name: str) -> exp.Expression:
    from sqlglot import exp

    return exp.Not(this=exp.In(this=sql.column(name), expressions=[sql.integer(0), sql.integer(1)]))


def _bit(name: str, native: Native, not_null: bool) -> Column:
    kind: t.DataType = t.Integer()
    if native.is_flag:
        kind = t.Boolean()
    elif native.precision > 63:
        kind = t.Decimal(_WIDEST_INTEGER, 0)
    number = sql.column(name) + sql.integer(0)
    return Column(name=name, type=kind, native=native.shown, asked=number, text=_characters(number), exact=False,
                  not_null=not_null)  # fmt: skip


def _number(name: str, native: Native, not_null: bool) -> Column:
    return Column(name=name, type=t.Number(), native=native.shown, not_null=not_null)


def _decimal(name: str, native: Native, not_null: bool) -> Column:
    """As text: the driver has ten digits behind the point, and 28 in all."""
    from sqlglot import exp

    misfit = None
    if native.precision > _MOST_DIGITS:
        limit = exp.Literal.number("1" + "0" * (_MOST_DIGITS - native.scale))
        misfit = exp.GTE(this=sql.call("ABS", sql.column(name)), expression=limit)
    kind = t.Decimal(min(native.precision, _MOST_DIGITS), native.scale)
    return Column(name=name, type=kind, native=native.shown, asked=_characters(sql.column(name)), misfit=misfit,
                  exact=misfit is None, not_null=not_null)  # fmt: skip


def _date(name: str, native: Native, not_null: bool) -> Column:
    """As a number of days; null for a zero date, which is a misfit."""
    value = sql.column(name)
    return Column(
        name=name, type=t.Date(), native=native.shown, asked=sql.call("TO_DAYS", value),
        taken=lambda days: days.cast(pl.Int32) - _DAYS_BEFORE_1970, misfit=_no_date(name), not_null=not_null,
    )  # fmt: skip


def _datetime(name: str, native: Native, not_null: bool) -> Column:
    """As microseconds. A timestamp is an instant: the session's zone is UTC."""
    kind = t.Datetime(zoned=native.word == "timestamp")
    return Column(name=name, type=kind, native=native.shown, asked=_microseconds("1970-01-01", sql.column(name)),
                  taken=_since_1970(kind), misfit=_no_date(name), not_null=not_null)  # fmt: skip


def _since_1970(kind: t.Datetime) -> Callable[[pl.Expr], pl.Expr]:
    def taken(number: pl.Expr) -> pl.Expr:
        instants = number.cast(pl.Int64).cast(pl.Datetime("us"))
        return instants.dt.replace_time_zone("UTC") if kind.zoned else instants

    return taken


def _no_date(name: str) -> exp.Expression:
    """Whether it is a date such as 0000-00-00, 2026-02-00 or 2026-02-31, which no calendar has."""
    from sqlglot import exp

    value = sql.column(name)
    is_known = exp.Not(this=exp.Is(this=value, expression=exp.null()))
    last = sql.call("DAYOFMONTH", sql.call("LAST_DAY", value.copy()))  # null in the month of zero
    is_day = exp.Between(this=sql.call("DAYOFMONTH", value.copy()), low=sql.integer(1), high=last)
    return exp.And(this=is_known, expression=sql.call("COALESCE", exp.Not(this=is_day), sql.integer(1)))


def _duration(name: str, native: Native, not_null: bool) -> Column:
    """A time is a length here, from -838 to 838 hours: asked for as microseconds."""
    day = sql.text("2000-01-01")
    asked = _microseconds("2000-01-01", sql.call("TIMESTAMP", day, sql.column(name)))
    return Column(name=name, type=t.Duration(), native=native.shown, asked=asked,
                  taken=lambda number: number.cast(pl.Int64).cast(pl.Duration("us")), exact=False,
                  not_null=not_null)  # fmt: skip


def _microseconds(since: str, value: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    return sql.call("TIMESTAMPDIFF", exp.var("MICROSECOND"), sql.text(since), value)


def _string(name: str, native: Native, not_null: bool) -> Column:
    return Column(name=name, type=t.String(), native=native.shown, not_null=not_null)


def _member(name: str, native: Native, not_null: bool) -> Column:
    """An enum or set, which the server compares by its place in the list."""
    return Column(name=name, type=t.String(), native=native.shown, exact=False, not_null=not_null)


def _bytes(name: str, native: Native, not_null: bool) -> Column:
    """As hexadecimal digits; written so on this side, as the server's answer would be null above its largest packet."""
    text = sql.call("LOWER", sql.call("HEX", sql.column(name)))
    return Column(name=name, type=t.String(), native=native.shown, taken=lambda value: value.bin.encode("hex"),
                  text=text, sorts_as=sql.column(name), exact=False, not_null=not_null)  # fmt: skip


def _json(name: str, native: Native, not_null: bool) -> Column:
    """As the server writes it: the driver would parse it and order its keys anew."""
    return Column(name=name, type=t.Json(), native=native.shown, asked=_characters(sql.column(name)), exact=False,
                  not_null=not_null)  # fmt: skip


def _shape(name: str, native: Native, not_null: bool) -> Column:
    """A geometry, as its well-known text."""
    text = sql.call("ST_ASTEXT", sql.column(name))
    return Column(name=name, type=t.String(), native=native.shown, asked=text, text=text, exact=False,
                  not_null=not_null)  # fmt: skip


def _as_text(name: str, native: Native, not_null: bool) -> Column:
    return Column(name=name, type=t.String(), native=native.shown, asked=_characters(sql.column(name)), exact=False,
                  not_null=not_null)  # fmt: skip


def _characters(value: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    return exp.Cast(this=value, to=exp.DataType.build("char"))


_KINDS: dict[str, Callable[[str, Native, bool], Column]] = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year"), _integer),
    "bit": _bit,
    **dict.fromkeys(("float", "double"), _number),
    "decimal": _decimal,
    "date": _date,
    **dict.fromkeys(("datetime", "timestamp"), _datetime),
    "time": _duration,
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), _string),
    **dict.fromkeys(("enum", "set"), _member),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), _bytes),
    "json": _json,
    **dict.fromkeys(("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
                     "geometrycollection", "geomcollection"), _shape),
}  # fmt: skip
