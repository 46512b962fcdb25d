"""What the columns of SQLite tables hold, and how our values are kept in them.

SQLite has integers, floats, texts and bytes; the word that a column is declared with says which of them it prefers.
Dates and times are kept as ISO texts, instants in UTC with +00:00 behind them, booleans as 0 and 1. A decimal is kept
as a number, where a float tells it from its neighbours (15 digits), and as a text in a column that prefers texts.
"""

from __future__ import annotations

import polars as pl

from connectors.databases.nested_values import as_json, is_nested
from connectors.databases.sqlite.types import column, is_told
from connectors.databases.writing import Kind
from ir import types as t
from ir.records import dataclass
from transforms.expressions.polars_columns import exact

_EXACT_DIGITS = 15
_INT64 = 2**63
_EXACT_INTEGER = 2**53
_HEXADECIMAL = r"^(?:[0-9A-Fa-f]{2})*$"
_ANY: tuple[Kind, ...] = (t.Integer, t.Number, t.Decimal, t.Boolean, t.Date, t.Datetime, t.Time, t.Json)
_NESTED: tuple[Kind, ...] = (t.Json, t.ListOf, t.Struct)


def native_type(kind: t.DataType) -> str | None:
    """What a column of a new table is declared with."""
    match kind:
        case t.Integer():
            return "INTEGER"
        case t.Number():
            return "REAL"
        case t.Decimal(precision, scale):
            return f"{'' if precision <= _EXACT_DIGITS else 'TEXT '}DECIMAL({precision},{scale})"
        case t.Boolean():
            return "BOOLEAN"
        case t.Date():
            return "DATE"
        case t.Datetime(zoned):
            return "TIMESTAMP WITH TIME ZONE" if zoned else "DATETIME"
        case t.Time():
            return "TIME"
        case t.Json() | t.ListOf() | t.Struct():
            return "TEXT JSON"
        case t.String() | t.Null():
            return "TEXT"
    return None


def affinity(native: str) -> str:
    """What a column that is declared so prefers, by SQLite's own rules."""
    word = native.upper()
    for parts, kind in (("INT",), "INTEGER"), (("CHAR", "CLOB", "TEXT"), "TEXT"), (("BLOB",), "BLOB"):
        if any(each in word for each in parts):
            return kind
    if not word:
        return "BLOB"
    return "REAL" if any(each in word for each in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


def target_type(native: str) -> tuple[t.DataType, tuple[Kind, ...]]:
    """The type of ours that a column holds, as it is read, and further ones that it takes without a loss."""
    if not is_told(native):
        return t.String(), _ANY  # not declared, or with a word of its own: it takes what comes
    kind = column("", native).type
    match kind:
        case t.Integer():
            return kind, (t.Boolean,)
        case t.Number():
            return kind, (t.Integer, t.Decimal)
        case t.Decimal() | t.Boolean():
            return kind, (t.Integer,)
        case t.Json():
            return kind, (t.String, t.ListOf, t.Struct)
        case t.String():
            return kind, () if holds_bytes(native) else _NESTED
    return kind, ()


def holds_bytes(native: str) -> bool:
    """Whether a column is declared for bytes, which are hexadecimal digits to us."""
    return affinity(native) == "BLOB" and bool(native)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How one column is kept: what the stage's column prefers, the value, and where it cannot be kept as it is."""

    affinity: str
    value: pl.Expr
    misfit: pl.Expr | None = None
    said: str = ""


def kept(name: str, kind: t.DataType, native: str) -> Kept:
    """How a column of ours goes into one that is declared `native`."""
    prefers, value = affinity(native), exact(name)
    match kind:
        case t.Boolean():
            return Kept(affinity=prefers, value=value.cast(pl.Int64))
        case t.Date():
            return Kept(affinity=prefers, value=value.cast(pl.String))
        case t.Time():
            return Kept(affinity=prefers, value=_without_empty_fraction(value.dt.strftime("%H:%M:%S%.6f")))
        case t.Datetime(zoned):
            instant = value.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zoned else value
            text = _without_empty_fraction(instant.dt.strftime("%Y-%m-%d %H:%M:%S%.6f"))
            return Kept(affinity=prefers, value=text + "+00:00" if zoned else text)
        case t.Decimal(precision):
            if precision <= _EXACT_DIGITS or prefers in {"TEXT", "BLOB"}:
                return Kept(affinity=prefers, value=value.cast(pl.String))
            return Kept(affinity=prefers, value=value.cast(pl.String), misfit=_no_number(value),
                        said="of more than 15 digits")  # fmt: skip
        case t.Integer() if prefers == "REAL":
            return Kept(affinity=prefers, value=value, misfit=value.abs() > _EXACT_INTEGER,
                        said="too large to be exact")  # fmt: skip
        case t.String() if holds_bytes(native):
            return Kept(affinity=prefers, value=value.str.decode("hex", strict=False),
                        misfit=~value.str.contains(_HEXADECIMAL), said="no text of hexadecimal digits")  # fmt: skip
        case t.Null():
            return Kept(affinity=prefers, value=value.cast(pl.String))
    if is_nested(kind):
        return Kept(affinity=prefers, value=as_json(value, kind))
    return Kept(affinity=prefers, value=value)


def _no_number(value: pl.Expr) -> pl.Expr:
    """Whether neither an integer of 64 bits nor a float is this decimal."""
    whole = (value % 1 == 0) & (value.cast(pl.Float64).abs() < _INT64)
    text = value.cast(pl.String)
    digits = text.str.replace_all(r"[-.]", "").str.strip_chars_start("0")
    fraction = pl.when(text.str.contains(".", literal=True)).then(digits.str.strip_chars_end("0")).otherwise(digits)
    return ~whole & (fraction.str.len_chars() > _EXACT_DIGITS)


def _without_empty_fraction(text: pl.Expr) -> pl.Expr:
    return text.str.strip_suffix(".000000")
