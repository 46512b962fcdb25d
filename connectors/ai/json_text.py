"""Values as JSON, for prompts and for what is remembered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any


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
_DEEPEST = 100
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
    if text.count("[") + text.count("{") > _DEEPEST and _is_too_deep(found):
        raise ValueError("nested too deep")
    return found


def plain_unicode(text: str) -> str:
    """The text without halves of pairs of surrogates, which JSON can spell and neither a column nor a file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [below for each in level for below in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
