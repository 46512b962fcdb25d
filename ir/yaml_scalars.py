"""What a plain YAML scalar means: the core schema of YAML 1.2, where `on`, `12:30` and `2026-01-31` are text."""

from __future__ import annotations

import math
import re
from typing import Any

from ir.document import MAX_DIGITS, Digits, SyntaxProblem

MAYBE_NOT_TEXT = frozenset("0123456789+-.nNtTfF~")
"""What a plain scalar that is no text begins with."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), Digits("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), Digits("-inf")),
}
_NAN = frozenset((".nan", ".NaN", ".NAN"))


def resolve(text: str, start: int, end: int) -> Any:
    """The value of the plain scalar `text`, which stands at [start, end).

    Raises:
        SyntaxProblem: IR106 for NaN, IR107 for a number out of range.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text in _NAN:
        raise SyntaxProblem("IR106", "NaN is no value of a workflow", start=start, end=end, hint="write null")
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise SyntaxProblem("IR107", f"a number of {len(text)} digits", start=start, end=end,
                                hint="quote it if it is text")  # fmt: skip
        return int(text)
    if _OCTAL_OR_HEX.fullmatch(text) and len(text) <= MAX_DIGITS:
        return int(text, 0)
    if _NUMBER.fullmatch(text):
        number = Digits(text)
        if math.isinf(number):
            raise SyntaxProblem("IR107", f"{text} is beyond the range of a number", start=start, end=end,
                                hint="quote it if it is text, or write .inf")  # fmt: skip
        return number
    return text
