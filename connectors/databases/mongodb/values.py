"""A value of a document as one of ours: what BSON knows and JSON does not becomes its text."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bson import Binary, Code, Decimal128, Int64, ObjectId, json_util

from connectors.values import TypedValue, convert
from ir import types as t

_OPTIONS = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL)
_UUID = 4


def fitted(value: Any, kind: t.DataType) -> TypedValue:
    """The value as one of a column of type `kind`; NaN is null.

    Raises:
        ValueError: saying what was seen and what was expected.
    """
    value = own(value)
    if value is None:
        return None
    match kind, value:
        case t.Json(), Mapping() | list():
            return json_text(value)
        case t.Json(), _:
            return value if isinstance(value, str) and _is_object(value) else json_text(value)
        case t.ListOf(item), list():
            return [fitted(each, item) for each in value]
        case t.Struct(fields), Mapping() if not value.keys() - {name for name, _ in fields}:
            return {name: fitted(value.get(name), each) for name, each in fields}
        case t.Datetime(zoned=False), datetime():
            return value.replace(tzinfo=None)
        case t.Date(), datetime() if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
            return value.date()
        case t.String(), datetime():
            return _moment(value)
        case t.Boolean(), int() | float() if not isinstance(value, bool):
            raise ValueError(f"{value} does not fit boolean")
    return convert(value, kind)


def widened(value: Any) -> str | None:
    """The value as the text that stands in a column of mixed types: a text itself, all else as JSON writes it."""
    value = own(value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, Decimal):
        return str(value)
    return json_text(value)


def own(value: Any) -> Any:
    """The value in the types that connectors.values knows; nested ones stay as they are inside."""
    match value:
        case Code():
            pass  # which is a str
        case None | bool() | str() | Decimal() | Mapping() | list():
            return value
        case Int64():
            return int(value)
        case float():
            return None if math.isnan(value) else value
        case int():
            return value
        case datetime():
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value
        case ObjectId():
            return str(value)
        case Decimal128():
            number = value.to_decimal()
            return None if number.is_nan() else number
        case Binary() if value.subtype == _UUID:
            return str(value.as_uuid())
        case bytes():
            return base64.b64encode(value).decode("ascii")
    return json_util.default(value, _OPTIONS)


def json_text(value: Any) -> str:
    """The value as JSON: ids, dates, decimals, UUIDs and bytes as their text, other types in extended JSON."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_member)
    except ValueError:  # a number that is none, somewhere inside
        return json.dumps(_finite(value), ensure_ascii=False, default=_member)


def _member(value: Any) -> Any:
    found = own(value)
    if isinstance(found, datetime):
        return _moment(found)
    return str(found) if isinstance(found, Decimal) else found


def _finite(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _finite(each) for key, each in value.items()}
        case list():
            return [_finite(each) for each in value]
        case float() if math.isnan(value):
            return None
        case float() if math.isinf(value):
            return {"$numberDouble": "Infinity" if value > 0 else "-Infinity"}
    return value


def _moment(value: datetime) -> str:
    """ISO 8601 in UTC, such as 2026-01-31T09:30:00Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _is_object(text: str) -> bool:
    if text.strip()[:1] not in {"{", "["}:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
