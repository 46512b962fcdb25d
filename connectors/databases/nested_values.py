"""Lists and structs as JSON texts, for databases that have no types for them."""

from __future__ import annotations

import polars as pl

from ir import types as t


def is_nested(kind: t.DataType) -> bool:
    """Whether values of this type are written as a JSON text."""
    return isinstance(kind, t.ListOf | t.Struct | t.File)


def as_json(value: pl.Expr, kind: t.DataType) -> pl.Expr:
    """The values of a nested type as JSON texts; null stays null."""
    if isinstance(kind, t.ListOf):  # only a struct is encoded, so the list is put into one and taken out again
        wrapped = pl.struct(value.alias("v")).struct.json_encode()
        return pl.when(value.is_null()).then(None).otherwise(wrapped.str.slice(5).str.head(-1))
    return pl.when(value.is_null()).then(None).otherwise(value.struct.json_encode())
