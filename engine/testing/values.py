"""A value as a test expects it beside the value that was found."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.values import plain, text_of
from ir.document import Digits

_FLOATS_AGREE = 1e-9
"""Of two numbers that are no decimals: their sums differ in the last digits with the order of the rows."""


def same(expected: Any, found: Any, *, is_text: bool = False) -> bool:
    """Whether the value found is the one that a document can write as `expected`.

    Numbers are compared by value, dates by what their text means, lists and mappings by what is in them. With
    `is_text` what was found is the text of a file, which has no types: 153.70 is then the number 153.7.
    """
    if expected is None or found is None:
        return expected is None and (found is None or (isinstance(found, float) and math.isnan(found)))
    match found:
        case bool():
            return expected is found
        case int() | float() | Decimal():
            return not isinstance(expected, bool) and _same_number(expected, found)
        case datetime():
            return _same_instant(expected, found)
        case date() | time():
            return isinstance(expected, str) and expected == found.isoformat()
        case timedelta():
            return text_of(expected) == str(found)
        case Mapping():
            return isinstance(expected, Mapping) and all(same(each, found.get(key)) for key, each in expected.items())
        case list():
            is_list = isinstance(expected, list) and len(expected) == len(found)
            return is_list and all(map(same, expected, found))
    return _same_text(expected, str(found), is_text=is_text)


def _same_number(expected: Any, found: float | Decimal) -> bool:
    try:
        number = Decimal(str(text_of(expected)))
    except InvalidOperation:
        return False
    if isinstance(found, float):
        return number == Decimal(found) or math.isclose(number, found, rel_tol=_FLOATS_AGREE)
    return number == found


def _same_instant(expected: Any, found: datetime) -> bool:
    """A text without a zone means the zone in which the value is shown."""
    try:
        instant = datetime.fromisoformat(expected) if isinstance(expected, str) else None
    except ValueError:
        return False
    if instant is None:
        return False
    if found.tzinfo is None:
        return instant == found
    return (instant if instant.tzinfo else instant.replace(tzinfo=found.tzinfo)) == found


def _same_text(expected: Any, found: str, *, is_text: bool) -> bool:
    if isinstance(expected, Mapping | list):
        try:
            return same(expected, json.loads(found))
        except ValueError:
            return False
    if is_text and isinstance(expected, int | float) and not isinstance(expected, bool):
        return _same_number(expected, Decimal(found)) if _is_number(found) else False
    return text_of(expected) == found


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def written(value: Any) -> Any:
    """A value that was found as a document writes it: numbers with their digits, dates as texts."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return None if math.isnan(value) else Digits(repr(value))
        case Decimal():
            return Digits(str(value)) if value.as_tuple().exponent else int(value)
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case date() | time():
            return value.isoformat()
        case Mapping():
            return {str(key): written(each) for key, each in value.items()}
        case list() | tuple():
            return [written(each) for each in value]
    return str(value)


def shown(value: Any) -> str:
    """A value for a table of differences: null, texts without quotes unless they could be taken for something else."""
    if value is None:
        return "null"
    if isinstance(value, str):
        quoted = value == "" or value != value.strip() or value.lower() in {"null", "true", "false"}
        return json.dumps(value, ensure_ascii=False) if quoted or not value.isprintable() else value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown(each) for each in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(getattr(value, "text", None) or plain(value))
