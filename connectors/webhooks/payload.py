"""The payload of one request: JSON on one line, read with every digit, and the rows that it stands for."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ir.document import Digits

VALUE = "value"
"""The column of payloads that are no objects."""
MOST_LEVELS = 50
"""Of objects and arrays in each other."""
_MOST_DIGITS = 4300
"""Of an integer: Python reads no more, and no column holds so many."""


def one_line(body: bytes) -> bytes:
    """A JSON text on one line, no digit of it touched: in JSON a line break never stands inside of a value."""
    return body.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b" ").replace(b"\n", b" ").strip()


def read_payload(body: bytes) -> Any:
    """The value of a JSON text; numbers with a point keep their digits.

    Raises:
        ValueError: saying what is wrong with it.
    """
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is no UTF-8") from None
    try:
        value = json.loads(text, parse_int=_integer, parse_float=_number, parse_constant=_refused)
    except json.JSONDecodeError as error:
        raise ValueError(f"{_lowered(error.msg)} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if text.count("[") + text.count("{") > MOST_LEVELS:
        _check_levels(value)
    if "\\u" in text:
        _check_surrogates(value)
    return value


def rows_of(payloads: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """One row a payload; of an array one a element, and of what is no object the value itself."""
    for payload in payloads:
        for item in payload if isinstance(payload, list) else (payload,):
            yield item if isinstance(item, Mapping) else {VALUE: item}


def _number(text: str) -> Digits:
    number = Digits(text)
    if math.isinf(number):
        raise ValueError(f"{text[:40]} is larger than any number can be")
    return number


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"an integer of {len(text):,} digits is larger than any number can be")
    return int(text)


def _check_levels(value: Any) -> None:
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        level = [each for outer in level if isinstance(outer, dict | list)
                 for each in (outer.values() if isinstance(outer, dict) else outer)]  # fmt: skip
        if not level:
            return
    raise ValueError(f"it is nested more than {MOST_LEVELS} levels deep")


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair is no character") from None


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
