"""The IR's types as Polars and as DuckDB know them, and back."""

from __future__ import annotations

import polars as pl

from ir import types as t
from ir.expression_lexer import quoted


def polars_dtype(kind: t.DataType) -> pl.DataType:
    """The Polars type that holds `kind`: integer Int64, number Float64, datetimes in microseconds, zoned in UTC."""
    match kind:
        case t.String() | t.Json():
            return pl.String()
        case t.Integer():
            return pl.Int64()
        case t.Number():
            return pl.Float64()
        case t.Decimal(precision, scale):
            return pl.Decimal(precision, scale)
        case t.Boolean():
            return pl.Boolean()
        case t.Date():
            return pl.Date()
        case t.Datetime(zoned):
            return pl.Datetime("us", "UTC" if zoned else None)
        case t.Time():
            return pl.Time()
        case t.Duration():
            return pl.Duration("us")
        case t.ListOf(item):
            return pl.List(polars_dtype(item))
        case t.Struct(fields):
            return pl.Struct([pl.Field(name, polars_dtype(each)) for name, each in fields])
        case t.File():
            return pl.Struct({"name": pl.String(), "mime": pl.String(), "size": pl.Int64(), "ref": pl.String()})
        case t.Null():
            return pl.Null()
    raise TypeError(f"no Polars type for {kind!r}")


def from_polars(dtype: pl.DataType) -> t.DataType | None:
    """The IR type a Polars column arrives as; None for what the IR has no type for (binary, object …)."""
    if dtype.is_integer():
        return t.Integer()
    if dtype.is_float():
        return t.Number()
    match dtype:
        case pl.String() | pl.Categorical() | pl.Enum():
            return t.String()
        case pl.Decimal():
            return t.Decimal(dtype.precision or 38, dtype.scale)
        case pl.Boolean():
            return t.Boolean()
        case pl.Date():
            return t.Date()
        case pl.Datetime():
            return t.Datetime(zoned=dtype.time_zone is not None)
        case pl.Time():
            return t.Time()
        case pl.Duration():
            return t.Duration()
        case pl.Null():
            return t.Null()
        case pl.List() | pl.Array():
            item = from_polars(dtype.inner)  # type: ignore[arg-type]
            return None if item is None else t.ListOf(item)
        case pl.Struct():
            fields = [(each.name, from_polars(each.dtype)) for each in dtype.fields]  # type: ignore[arg-type]
            if any(kind is None for _, kind in fields):
                return None
            return t.Struct(tuple((name, kind) for name, kind in fields if kind is not None))
    return None


def sql_type(kind: t.DataType) -> str:
    """The DuckDB type that holds `kind`, as SQL text."""
    match kind:
        case t.String() | t.Json():
            return "VARCHAR"
        case t.Integer():
            return "BIGINT"
        case t.Number():
            return "DOUBLE"
        case t.Decimal(precision, scale):
            return f"DECIMAL({precision}, {scale})"
        case t.Boolean():
            return "BOOLEAN"
        case t.Date():
            return "DATE"
        case t.Datetime(zoned):
            return "TIMESTAMPTZ" if zoned else "TIMESTAMP"
        case t.Time():
            return "TIME"
        case t.Duration():
            return "INTERVAL"
        case t.ListOf(item):
            return f"{sql_type(item)}[]"
        case t.Struct(fields):
            inside = ", ".join(f"{quoted(name)} {sql_type(each)}" for name, each in fields)
            return f"STRUCT({inside})"
        case t.File():
            return "STRUCT(name VARCHAR, mime VARCHAR, size BIGINT, ref VARCHAR)"
        case t.Null():
            return "INTEGER"
    raise TypeError(f"no DuckDB type for {kind!r}")
