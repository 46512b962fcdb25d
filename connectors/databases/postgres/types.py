"""PostgreSQL's types as ours (docs/database-types.md): what is asked for, what becomes of it, what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from connectors.databases.column import Column
from connectors.databases.postgres import arrays, numerics
from connectors.databases.postgres.catalog import PgColumn, PgType
from connectors.databases.postgres.expressions import any_of, cast, compare, func, moment, text_of
from ir import types as t
from ir.records import dataclass
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

    Make = Callable[[exp.Expression], exp.Expression]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the values of a type are read. The functions make an expression over a value."""

    type: t.DataType
    asked: Make | None = None
    taken: Callable[[pl.Expr], pl.Expr] | None = None
    misfit: Make | None = None
    text: Make = text_of
    exact: bool = True
    as_text: bool = False
    """Whether `asked` is only a cast to text."""


def column_of(column: PgColumn, *, money_scale: int = 2) -> Column:
    """The column as it is read."""
    item = column.type.item
    if column.dimensions > 1 or (item is not None and _is_row(item)):
        reading = _AS_JSON
    else:
        reading = reading_of(column.type, is_stored=column.is_stored, money_scale=money_scale)
    value = sql.column(column.name)
    return Column(
        name=column.name, type=reading.type, native=column.type.native, not_null=column.not_null, taken=reading.taken,
        asked=reading.asked(value) if reading.asked else None,
        misfit=reading.misfit(value) if reading.misfit else None,
        text=reading.text(value), exact=reading.exact and column.is_deterministic,
        collation=column.collation,
    )  # fmt: skip


def reading_of(kind: PgType, *, is_stored: bool = True, money_scale: int = 2) -> Reading:
    """How values of the type are read; what is not known is read as its text."""
    if kind.item is not None:
        return arrays.reading_of(reading_of(kind.item, is_stored=is_stored, money_scale=money_scale))
    if _is_row(kind):
        return _AS_JSON
    if kind.kind == "b" and kind.name == "hstore":
        return Reading(type=t.Json(), asked=lambda value: text_of(func("to_jsonb", value)), exact=False)
    if kind.schema != "pg_catalog":
        return _AS_TEXT
    if kind.name == "numeric":
        return numerics.reading_of(kind.modifier, is_stored=is_stored)
    if kind.name == "money":
        return Reading(type=t.Decimal(19, money_scale), exact=False,
                       asked=lambda value: text_of(cast(value, "numeric")))  # fmt: skip
    return _READINGS.get(kind.name, _AS_TEXT)


def _is_row(kind: PgType) -> bool:
    return kind.kind == "c" or kind.name == "record"


def _outside(native: str, first: str, end: str) -> Make:
    """Whether a date or timestamp is before the year 1 or after 9999, as the infinite ones are."""

    def misfit(value: exp.Expression) -> exp.Expression:
        return any_of(compare("<", value, moment(native, first)), compare(">=", value, moment(native, end)))

    return misfit


def _midnight_at_the_end(value: exp.Expression) -> exp.Expression:
    return compare("=", value, moment("time", "24:00:00"))


def _seconds(value: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    return exp.Extract(this=exp.var("epoch"), expression=value.copy())


def _is_long(value: exp.Expression) -> exp.Expression:
    return compare(">", func("abs", _seconds(value)), sql.integer(9_000_000_000_000))


def _microseconds(value: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    whole = cast(exp.Mul(this=_seconds(value), expression=sql.integer(1_000_000)), "bigint")
    return exp.Case(ifs=[exp.If(this=_is_long(value), true=exp.null())], default=whole)


def _has_months(value: exp.Expression) -> exp.Expression:
    """Whether an interval has years or months, which are no fixed time, is infinite, or beyond 285,000 years."""
    from sqlglot import exp

    parts = [exp.Extract(this=exp.var(name), expression=value.copy()) for name in ("year", "month")]
    return any_of(_is_long(value), *(compare("<>", each, sql.integer(0)) for each in parts))


def _as_json(value: exp.Expression) -> exp.Expression:
    return text_of(func("to_json", value))


_AS_TEXT = Reading(type=t.String(), asked=text_of, exact=False, as_text=True)
_AS_JSON = Reading(type=t.Json(), asked=_as_json, exact=False, text=_as_json)
_INTEGER, _NUMBER = (
    Reading(type=t.Integer()),
    Reading(type=t.Number(), taken=lambda value: value.fill_nan(None), exact=False),
)
_STRING = Reading(type=t.String())
_READINGS: dict[str, Reading] = {
    **dict.fromkeys(("int2", "int4", "int8"), _INTEGER),
    "oid": Reading(type=t.Integer(), asked=lambda value: cast(value, "bigint")),
    **dict.fromkeys(("float4", "float8"), _NUMBER),
    "bool": Reading(type=t.Boolean()),
    **dict.fromkeys(("text", "varchar"), _STRING),
    "date": Reading(type=t.Date(), misfit=_outside("date", "0001-01-01", "10000-01-01")),
    "timestamp": Reading(type=t.Datetime(), misfit=_outside("timestamp", "0001-01-01", "10000-01-01")),
    "timestamptz": Reading(type=t.Datetime(zoned=True),
                           misfit=_outside("timestamptz", "0001-01-01 00:00:00+00", "10000-01-01 00:00:00+00")),
    "time": Reading(type=t.Time(), misfit=_midnight_at_the_end),
    "interval": Reading(type=t.Duration(), asked=_microseconds, misfit=_has_months, exact=False,
                        taken=lambda value: value.cast(pl.Duration("us"))),
    **dict.fromkeys(("json", "jsonb"), Reading(type=t.Json(), asked=text_of, exact=False, as_text=True)),
    "bytea": Reading(type=t.String(), exact=False, asked=lambda value: func("encode", value, sql.text("hex")),
                     text=lambda value: func("encode", value, sql.text("hex"))),
    # a text of an address without its mask, as it is shown
    "inet": Reading(type=t.String(), exact=False, asked=lambda value: func("abbrev", value)),
}  # fmt: skip
