"""Values as JSON, for prompts and for what is remembered."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any


def json_text(value: Any) -> str:
    """The value on one line; a decimal is a number where a number keeps its digits, else its text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value) if value == Decimal(repr(float(value))) else str(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    return str(value)
