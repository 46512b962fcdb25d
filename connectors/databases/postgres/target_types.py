"""The types of PostgreSQL that hold ours: in new tables, and in the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ir import types as t
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from connectors.databases.writing import TargetColumn


def native_type(kind: t.DataType) -> str:
    """The column that holds our type, for new tables and for the stage."""
    match kind:
        case t.Integer():
            return "bigint"
        case t.Number():
            return "double precision"
        case t.Decimal(precision, scale):
            return f"numeric({precision},{scale})"
        case t.Boolean():
            return "boolean"
        case t.Date():
            return "date"
        case t.Datetime(zoned):
            return "timestamp with time zone" if zoned else "timestamp without time zone"
        case t.Time():
            return "time without time zone"
        case t.Duration():
            return "interval"
        case t.Json() | t.Struct() | t.File():
            return "jsonb"
        case t.ListOf(item):
            return "jsonb" if isinstance(item, t.ListOf | t.Struct | t.Json) else f"{native_type(item)}[]"
    return "text"


def stage_type(kind: t.DataType, column: TargetColumn | None) -> str:
    """The type of a column of the stage, which ADBC writes in binary form: JSON travels as text."""
    return "text" if _is_json(kind, column) or isinstance(kind, t.Json) else native_type(kind)


def _is_json(kind: t.DataType, column: TargetColumn | None) -> bool:
    """Whether nested values are written as JSON."""
    if not isinstance(kind, t.ListOf | t.Struct | t.File):
        return False
    return native_type(kind) == "jsonb" or (column is not None and column.type == t.Json())


def staged(name: str, kind: t.DataType, column: TargetColumn | None) -> pl.Expr:
    """A column as the stage takes it."""
    value = exact(name)
    if isinstance(kind, t.Null):
        return value.cast(pl.String)
    if not _is_json(kind, column):
        return value
    if isinstance(kind, t.ListOf):  # only a struct is encoded, so the list is put into one and taken out again
        text = pl.struct(value.alias("v")).struct.json_encode().str.slice(5).str.head(-1)
    else:
        text = value.struct.json_encode()
    return pl.when(value.is_null()).then(None).otherwise(text).alias(name)


def assigned_as(kind: t.DataType, column: TargetColumn | None) -> str | None:
    """What a staged column is cast to before it is assigned; None where it is assigned as it is.

    A cast that is written cuts a text that is too long, and one by assignment refuses it: so only texts are cast, to
    what no text is assigned to. `column` is None in a table that is made.
    """
    if column is None:
        return "jsonb" if native_type(kind) == "jsonb" else None
    if isinstance(kind, t.Null):
        return column.native
    return column.text_as if stage_type(kind, column) in {"text", "text[]"} else None
