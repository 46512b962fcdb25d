"""Values as JSON, for prompts and for what is remembered."""

from __future__ import annotations

import json
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
_DECODER = json.JSONDecoder(parse_float=Decimal)
json_text = _ENCODER.encode
"""A value on one line; a decimal is a number where a number keeps its digits, else its text."""
json_value = _DECODER.decode
"""The value of a text, numbers with a point as decimals: no digit is lost. A ValueError for what is no JSON."""
