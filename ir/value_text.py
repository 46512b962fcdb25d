"""The text of a value, the same in templates, file names and text files (section 13)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ir.document import Digits


def text_of(value: Any) -> str:
    """Null is empty, booleans true and false, numbers their shortest exact text, dates ISO, lists with commas."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Digits():
            return value.text
        case float():
            return repr(value).removesuffix(".0")
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.isoformat(timespec="microseconds").replace(".000000", "")
        case date() | time():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(text_of(each) for each in value)
        case Mapping():
            return json.dumps(value, ensure_ascii=False, default=_json_value)
    return str(value)


def _json_value(value: Any) -> Any:
    if isinstance(value, (Decimal, date, time, timedelta)):
        return text_of(value)
    return str(value)
