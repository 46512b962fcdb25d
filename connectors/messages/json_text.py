"""Values as JSON text: decimals are numbers with all their digits, which no float has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any

from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    comma: str = ","
    colon: str = ":"
    indent: str = ""

    def around(self, pair: str, inside: Iterable[str], depth: int) -> str:
        found = list(inside)
        if not self.indent or not found:
            return f"{pair[0]}{self.comma.join(found)}{pair[1]}"
        line = "\n" + self.indent * depth
        return f"{pair[0]}{line}{self.indent}{f',{line}{self.indent}'.join(found)}{line}{pair[1]}"

    def text(self, value: Any, depth: int = 0) -> str:
        match value:
            case Decimal() if value.is_finite():
                # digits as they stand; an exponent only where the number was written with one
                return f"{value:f}" if -38 <= int(value.as_tuple().exponent) <= 0 else str(value)
            case Mapping():
                inside = (f"{_plain(str(name))}{self.colon}{self.text(each, depth + 1)}"
                          for name, each in value.items())  # fmt: skip
                return self.around("{}", inside, depth)
            case list() | tuple():
                return self.around("[]", (self.text(each, depth + 1) for each in value), depth)
            case _:
                return _plain(value)


_SHORT = _Form()
_SPACED = _Form(comma=", ", colon=": ")
_INDENTED = _Form(colon=": ", indent="  ")


def json_text(value: Any) -> str:
    """The value without a blank; what JSON has no form for is its text."""
    return _SHORT.text(value)


def json_line(value: Any) -> str:
    """The value in one line that people can read."""
    return _SPACED.text(value)


def json_page(value: Any) -> str:
    """The value with a line for each of its parts."""
    return _INDENTED.text(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_text)


def _text(value: Any) -> str:
    match value:
        case datetime() | date() | time_of_day():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return str(value)
