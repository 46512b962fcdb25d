"""What the columns of MySQL and MariaDB tables hold, and the types of new ones."""

from __future__ import annotations

import re

from connectors.databases.writing import Kind, TargetColumn
from ir import types as t

_MOST_DIGITS, _MOST_SCALE = 38, 30
_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "year"})
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_SHAPES = frozenset({"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
                     "geometrycollection", "geomcollection"})  # fmt: skip
_NESTED: tuple[Kind, ...] = (t.Json, t.ListOf, t.Struct)


def native_type(kind: t.DataType, *, is_key: bool) -> str | None:
    """The type of a column that is made for values of ours; None where there is none."""
    match kind:
        case t.Integer():
            return "bigint"
        case t.Number():
            return "double"
        case t.Decimal(precision, scale):
            return f"decimal({precision},{scale})" if scale <= _MOST_SCALE else None
        case t.Boolean():
            return "tinyint(1)"
        case t.Date():
            return "date"
        case t.Datetime(zoned):
            return "timestamp(6)" if zoned else "datetime(6)"
        case t.Time():
            return "time(6)"
        case t.Json() | t.ListOf() | t.Struct():
            return None if is_key else "json"
        case t.String() | t.Null():
            return "varchar(255)" if is_key else "longtext"
    return None


def target_column(name: str, word: str, native: str, *, precision: int, scale: int, is_json: bool, not_null: bool,
                  has_default: bool, generated: bool) -> TargetColumn:  # fmt: skip
    """A column as the catalog describes it: `word` is the first word of its type, `native` all of it."""
    kind, also = _type("json" if is_json else word, native.lower(), precision, scale)
    return TargetColumn(name=name, native="json" if is_json else native, type=kind, also=also, not_null=not_null,
                        has_default=has_default, generated=generated)  # fmt: skip


def _type(word: str, native: str, precision: int, scale: int) -> tuple[t.DataType | None, tuple[Kind, ...]]:
    if word == "tinyint" and native == "tinyint(1)":
        return t.Boolean(), (t.Integer,)
    if word == "bit":
        return (t.Boolean(), (t.Integer,)) if native == "bit(1)" else (t.Integer(), ())
    if word in _INTEGERS:
        # beyond the 64 bits of ours there are decimals
        return t.Integer(), (t.Decimal,) if word == "bigint" and "unsigned" in native else ()
    if word in {"float", "double"}:
        return t.Number(), (t.Integer, t.Decimal)
    if word == "decimal":
        return t.Decimal(min(precision, _MOST_DIGITS), min(scale, _MOST_DIGITS)), (t.Integer,)
    if word == "date":
        return t.Date(), ()
    if word in {"datetime", "timestamp"}:
        return t.Datetime(zoned=word == "timestamp"), ()
    if word == "time":
        return t.Duration(), (t.Time,)
    if word == "json":
        return t.Json(), (t.String, *_NESTED)
    if word in _TEXTS:
        return t.String(), _NESTED
    return (None, ()) if word in _SHAPES else (t.String(), ())


def second_digits(native: str) -> int:
    """How many digits of a second a datetime, timestamp or time keeps."""
    found = re.search(r"\((\d)\)", native)
    return int(found[1]) if found else 0


def size_of(native: str) -> int:
    """The number in brackets behind a type: of letters, bytes or bits."""
    found = re.search(r"\((\d+)\)", native)
    return int(found[1]) if found else 1


def words_of(native: str) -> list[str]:
    """The words of an enum or set."""
    return [each.replace("''", "'") for each in re.findall(r"'((?:[^']|'')*)'", native)]
