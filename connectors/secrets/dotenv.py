"""Files of NAME=value lines, as shells and containers read them."""

from __future__ import annotations

import re

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*?)\s*")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read_dotenv(text: str) -> dict[str, str]:
    """The values by name. In double quotes \\n and its like are escapes, in single ones nothing is; `#` after a space
    begins a comment; the last of two equal names counts. Nothing is substituted.

    Raises:
        ValueError: a line is none of these; its `lineno` says which.
    """
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise _Unreadable(number)
        values[match[1]] = _value(match[2], number)
    return values


def _value(written: str, number: int) -> str:
    if quoted := _DOUBLE.fullmatch(written):
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), quoted[1])
    if quoted := _SINGLE.fullmatch(written):
        return quoted[1]
    if written[:1] in {'"', "'"}:
        raise _Unreadable(number)
    return re.sub(r"(?:^|\s)#.*", "", written).rstrip()


class _Unreadable(ValueError):
    def __init__(self, lineno: int) -> None:
        super().__init__(f"line {lineno}")
        self.lineno = lineno
