"""Every column type made a type that a text format can hold: the one stage before the writers.

CSV and JSON writers of libraries leave cells blank, lose offsets or scales or pad fractions for some types
(infinite numbers, decimals, zoned datetimes, durations, nested values). After this stage only plain strings,
integers, finite or infinite numbers, booleans, dates and naive datetimes are left.
"""

from __future__ import annotations

import polars as pl

from ir import types as t
from transforms.expressions.polars_columns import exact

DATETIME = "%Y-%m-%dT%H:%M:%S%.f"
"""ISO with `T`; `%.f` is the fraction in 3, 6 or no digits, never an empty one."""
ZONED = DATETIME + "%:z"


def csv_columns(columns: t.Schema, *, timezone: str, date_format: str | None) -> list[pl.Expr]:
    """The columns as `write_csv` can take them, given `datetime_format=DATETIME`."""
    return [csv_cell(exact(name), kind, timezone=timezone, date_format=date_format).alias(name)
            for name, kind in columns.items()]  # fmt: skip


def csv_cell(cell: pl.Expr, kind: t.DataType, *, timezone: str, date_format: str | None) -> pl.Expr:
    """The cell as CSV and TXT write it: nested values as JSON text, durations as ISO 8601 (P1DT2H)."""
    match kind:
        case t.ListOf() | t.Struct() | t.File():
            return json_text(json_value(cell, kind, timezone=timezone))
        case t.Date() if date_format:
            return cell.dt.to_string(date_format)
        case t.Datetime(zoned=True):
            return cell.dt.convert_time_zone(timezone).dt.to_string(ZONED)
        case t.Time() | t.Duration():
            return cell.dt.to_string("iso")
        case t.Null():
            return cell.cast(pl.String)
        case _:
            return cell


def plain_text(cell: pl.Expr, kind: t.DataType, *, timezone: str, date_format: str | None) -> pl.Expr:
    """The cell as the very text CSV would hold, null where it is null."""
    flat = csv_cell(cell, kind, timezone=timezone, date_format=date_format)
    return flat.dt.to_string(DATETIME) if kind == t.Datetime() else flat.cast(pl.String)


def json_value(cell: pl.Expr, kind: t.DataType, *, timezone: str) -> pl.Expr:
    """The cell as `json_encode` can take it, the same at any depth of lists and structs.

    A decimal inside a list or struct becomes its exact text, since a JSON number made of it would pass a float.
    """
    match kind:
        case t.Datetime(zoned=False):
            return cell.dt.to_string(DATETIME)
        case t.Datetime(zoned=True) | t.Date() | t.Time() | t.Duration():
            return csv_cell(cell, kind, timezone=timezone, date_format=None)
        case t.Decimal():
            return cell.cast(pl.String)
        case t.ListOf(item) if _needs_json_value(item):
            return cell.list.eval(json_value(pl.element(), item, timezone=timezone))
        case t.Struct(fields) if any(_needs_json_value(each) for _, each in fields):
            inside = [json_value(cell.struct.field(name), each, timezone=timezone).alias(name) for name, each in fields]
            return pl.when(cell.is_not_null()).then(pl.struct(inside))
        case _:
            return cell


def _needs_json_value(kind: t.DataType) -> bool:
    match kind:
        case t.ListOf(item):
            return _needs_json_value(item)
        case t.Struct(fields):
            return any(_needs_json_value(each) for _, each in fields)
        case _:
            return isinstance(kind, (*t.TEMPORAL, t.Duration, t.Decimal))


def json_text(cell: pl.Expr) -> pl.Expr:
    """The cell as JSON text; null where it is null."""
    wrapped = pl.struct(cell.alias("v")).struct.json_encode()
    return pl.when(cell.is_not_null()).then(wrapped.str.slice(5).str.head(-1))
