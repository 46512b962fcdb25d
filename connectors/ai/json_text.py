"""Values as JSON, for prompts and for what is remembered."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from connectors.json_reading import is_too_deep


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value) if value == Decimal(repr(float(value))) else str(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    return str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
json_text = _ENCODER.encode
"""A value on one line; a decimal is a number where a number keeps its digits, else its text."""


def json_value(text: str) -> Any:
    """The value of a text, numbers with a point as decimals: no digit is lost.

    Raises:
        ValueError: it is no JSON (NaN is none), nested too deep, or has a number of an exponent beyond all bounds.
    """
    try:
        found = _DECODER.decode(text)
    except (ArithmeticError, RecursionError) as error:
        raise ValueError("no JSON that can be worked with") from error
    if is_too_deep(found):
        raise ValueError("nested too deep")
    return found


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)
