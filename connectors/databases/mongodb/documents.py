"""Rows as documents: a column at a time, each value as BSON has it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
from bson import Binary, Decimal128, ObjectId
from bson.decimal128 import create_decimal128_context

from ir import types as t

Value = Callable[[Any], Any]

_EXACT = create_decimal128_context()
_OBJECT_ID, _UUID = "objectId", "uuid"


class Unfit(ValueError):
    """A value that a document cannot hold as its field has it; `said` is which."""

    def __init__(self, column: str, position: int, value: object, said: str) -> None:
        super().__init__(said)
        self.column, self.position, self.value, self.said = column, position, value, said


def documents(rows: pl.DataFrame, columns: t.Schema, natives: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows as documents; `natives` says of which BSON type the texts of a column are, where the target has one.

    Raises:
        Unfit: for the first value that cannot be one.
    """
    names = list(columns)
    values = [_column(rows[name], kind, natives.get(name, ""), name) for name, kind in columns.items()]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _column(series: pl.Series, kind: t.DataType, native: str, name: str) -> Sequence[Any]:
    convert = _value(kind, native)
    found = series.to_list()
    if convert is None:
        return found
    made = []
    for position, value in enumerate(found):
        try:
            made.append(None if value is None else convert(value))
        except (ValueError, ArithmeticError, RecursionError) as error:
            said = str(error) if isinstance(error, _Said) else "not the kind"
            raise Unfit(name, position, value, said) from error
    return made


class _Said(ValueError):
    pass


def _value(kind: t.DataType, native: str) -> Value | None:
    """How a value of the type is written; None where Python's own value is what BSON takes."""
    match kind:
        case t.String() if native == _OBJECT_ID:
            return _object_id
        case t.String() if native == _UUID:
            return lambda value: Binary.from_uuid(uuid.UUID(value))
        case t.Decimal():
            return lambda value: Decimal128(_EXACT.create_decimal(value))
        case t.Date():
            return _midnight
        case t.Json():
            return _parsed
        case t.ListOf(item):
            inside = _value(item, "")
            return None if inside is None else lambda values: [None if v is None else inside(v) for v in values]
        case t.Struct(fields):
            members = {name: found for name, each in fields if (found := _value(each, "")) is not None}
            if not members:
                return None
            return lambda value: {
                name: members[name](each) if each is not None and name in members else each
                for name, each in value.items()
            }  # fmt: skip
    return None


def _object_id(text: str) -> ObjectId:
    if not ObjectId.is_valid(text):
        raise _Said("no id of 24 hex digits")
    return ObjectId(text)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _parsed(text: str) -> Any:
    return json.loads(text)


def key_of(value: Any) -> Any:
    """A value of a key so that equal ones compare equal, as the server compares them."""
    if isinstance(value, Decimal128):
        return value.to_decimal()
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000, tzinfo=None)
    return value
