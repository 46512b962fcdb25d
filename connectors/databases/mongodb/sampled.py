"""The types of columns as a sample of documents has them: wider ones where the values are of several types."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bson import Binary, Code, Decimal128, ObjectId

from connectors import values
from ir import types as t

_MOST_FIELDS = 64
"""An object with more different keys is no record but a map, and stays JSON."""
_DIGITS = 38
_SCALARS = (t.String, t.Integer, t.Number, t.Decimal, t.Boolean, t.Datetime)


def sampled_types(documents: Iterable[Mapping[str, Any]]) -> dict[str, t.DataType]:
    """{key: type} of all keys of the documents, in the order they are first seen."""
    kinds: dict[str, t.DataType] = {}
    for document in documents:
        for name, value in document.items():
            kinds[name] = joined(kinds.get(name, t.Null()), type_of(value))
    return {name: settled(kind) for name, kind in kinds.items()}


def type_of(value: Any) -> t.DataType:
    """The narrowest type that holds the value."""
    match value:
        case None:
            return t.Null()
        case bool():
            return t.Boolean()
        case int():
            return t.Integer()
        case float():
            return t.Null() if math.isnan(value) else t.Number()
        case Code():
            return t.Json()  # which is a str
        case str() | ObjectId() | Binary() | bytes():
            return t.String()
        case datetime():
            return t.Datetime(zoned=True)
        case Decimal128():
            return _decimal(value)
        case Mapping():
            return t.Struct(tuple((name, type_of(each)) for name, each in value.items()))
        case list():
            item: t.DataType = t.Null()
            for each in value:
                item = joined(item, type_of(each))
            return t.ListOf(item)
    return t.Json()


def _decimal(value: Decimal128) -> t.DataType:
    number = value.to_decimal()
    if number.is_nan():
        return t.Null()
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        return t.String()  # an infinity, which no decimal holds
    scale = max(-exponent, 0)
    return t.Decimal(_DIGITS, scale) if max(number.adjusted() + 1, 1) + scale <= _DIGITS else t.String()


def joined(left: t.DataType, right: t.DataType) -> t.DataType:
    """The narrowest type that holds values of both."""
    return values.joined(left, right, _mixed)


def _mixed(left: t.DataType, right: t.DataType) -> t.DataType:
    """Decimals of two scales keep the digits of both; what else has no type of its own is text, or JSON."""
    if isinstance(left, t.Decimal) and isinstance(right, t.Decimal):
        return t.Decimal(_DIGITS, max(left.scale, right.scale))
    return t.String() if isinstance(left, _SCALARS) and isinstance(right, _SCALARS) else t.Json()


def settled(kind: t.DataType) -> t.DataType:
    """The type as a column can have it: nothing but nulls is string, an object that is no record JSON."""
    return values.settled(kind, is_record=_is_record)


def _is_record(fields: values.Fields) -> bool:
    names = {name.casefold() for name, _ in fields}
    return len(names) == len(fields) <= _MOST_FIELDS and "" not in names
