"""What an engine says when rows or the machine stop it, in plain sentences that are the same for both engines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import NamedTuple

from ir import types as t

INTEGER_HINT = "compute with decimals, as in cast(x as decimal(38,0)), or with numbers"
DECIMAL_HINT = "cast to number first, or to a decimal with fewer digits"
WIDER_HINT = "cast to a wider type; try_cast gives null for what does not fit"
CAST_HINT = "try_cast gives null for what does not convert"
DATE_HINT = "keep such rows away from it: case when … then … end"
MEMORY_HINT = "allow more in settings: {memory_limit: …}, or leave that out"
DISK_HINT = "make room there, or set WEIRFLOW_HOME to a folder on a larger disk"


class Plain(NamedTuple):
    """What happened, and what would work."""

    message: str
    hint: str | None


_BEYOND = Plain("the result lies beyond the dates and times that can be computed", DATE_HINT)


def plain(error: Exception, kind: t.DataType | None = None) -> Plain | None:
    """The error in plain words; None for one that is not known. `kind` is the type that was being computed."""
    said = " ".join(str(error).split())
    for pattern, words in _WORDS:
        found = pattern.search(said)
        if found is None:
            continue
        told = words(found)
        if told.hint == INTEGER_HINT and isinstance(kind, t.Date | t.Datetime | t.Time | t.Duration):
            return _BEYOND
        return told
    return None


def _value(text: str) -> str:
    """A value as the engines wrote it, in one way: 1.0000e300 of one is 1e+300 of the other."""
    text = text.strip().strip('"')
    if re.fullmatch(r"-?\d+", text):
        return text
    try:
        return f"{float(text):g}" if re.search(r"e|inf|\.0{3}", text) else text
    except ValueError:
        return text


def _too_large(value: str) -> Plain:
    return Plain(f"{_value(value)} does not fit an integer of 64 bits", INTEGER_HINT)


def _computed(found: re.Match[str]) -> Plain:
    left, sign, right = int(found[1]), found[2], int(found[3])
    return _too_large(str(left + right if sign == "+" else left - right if sign == "-" else left * right))


def _no_decimal(value: str, precision: str, scale: str) -> Plain:
    return Plain(f"{_value(value)} does not fit decimal({precision},{scale})", WIDER_HINT)


def _digits(what: str) -> Plain:
    noun = {"multiplication": "product", "addition": "sum", "subtraction": "difference"}.get(what, "rounded value")
    return Plain(f"a {noun} has more than 38 digits", DECIMAL_HINT)


def _no_date(*parts: str) -> Plain:
    return Plain("there is no date of year {}, month {}, day {}".format(*parts), DATE_HINT)


_KINDS = {"i64": "integer", "f64": "number", "bool": "boolean", "int64": "integer", "double": "number"}


def _no_cast(value: str, kind: str) -> Plain:
    shown = value if len(value) <= 80 else value[:80] + "…"
    kind = _KINDS.get(kind.lower(), kind.lower().partition("[")[0])
    return Plain(f'"{shown}" cannot be cast to {kind}', CAST_HINT)


def _no_pattern(value: str) -> Plain:
    return Plain(f'"{value}" cannot be read by its pattern', DATE_HINT)


def _no_memory(limit: str | None) -> Plain:
    return Plain(f"the memory was not enough{f': {limit} were allowed' if limit else ''}", MEMORY_HINT)


def _no_room(found: re.Match[str]) -> Plain:
    number = found.groupdict().get("number")
    reason = os.strerror(int(number)).lower() if number else found["reason"].lower()
    return Plain(f"the working files of the run cannot be written: {reason}", DISK_HINT)


_FIRST = r'values: \[("(?:[^"\\]|\\.)*"|[^\],]+)'
_RANGE = r"can't be cast because the value is out of range for the destination type"

_Words = Callable[[re.Match[str]], Plain]

_POLARS: list[tuple[str, _Words]] = [
    (rf"conversion from `[iu]?f?\d+` to `i64` failed .*?{_FIRST}", lambda found: _too_large(found[1])),
    (rf"conversion from `[^`]+` to `decimal\[(\d+),(\d+)\]` failed .*?{_FIRST}",
     lambda found: _no_decimal(found[3], found[1], found[2])),
    (rf"conversion from `str` to `(?:date|datetime|time)[^`]*` failed .*?{_FIRST}",
     lambda found: _no_pattern(found[1].strip('"'))),
    (rf"conversion from `str` to `([^`]+)` failed .*?{_FIRST}", lambda found: _no_cast(found[2].strip('"'), found[1])),
    (r"overflow in decimal (\w+)", lambda found: _digits(found[1])),
    (r"Invalid date components \((-?\d+), (-?\d+), (-?\d+)\)", lambda found: _no_date(*found.groups())),
    (r"\(os error (?P<number>27|28|122)\)", _no_room),
    (r"memory allocation|cannot allocate memory", lambda found: _no_memory(None)),
]  # fmt: skip

_DUCKDB: list[tuple[str, _Words]] = [
    (r"Overflow in \w+ of INT64 \((-?\d+) ([+*-]) (-?\d+)\)", _computed),
    (r"Overflow on abs\(-(\d+)\)", lambda found: _too_large(found[1])),
    (r"Overflow in negation", lambda found: _too_large(str(2**63))),
    (rf"Type \w+ with value (\S+) {_RANGE} INT(?:64|32)", lambda found: _too_large(found[1])),
    (r"Overflow in (\w+) of DECIMAL", lambda found: _digits(found[1])),
    (r"Overflow in HUGEINT (\w+)", lambda found: _digits(found[1])),
    (r'(?:Could not cast value|Casting value) ("[^"]*"|\S+) to (?:type )?DECIMAL\((\d+),(\d+)\)',
     lambda found: _no_decimal(found[1], found[2], found[3])),
    # the mark that makes DuckDB refuse a text (transforms.expressions.casts) is none of it
    (r"Could not convert string '(.*)' to (\w+)", lambda found: _no_cast(found[1].replace("?", "", 1), found[2])),
    (r'Could not parse string "(.*?)" according to format specifier', lambda found: _no_pattern(found[1])),
    (r"Date out of range: (-?\d+)-(-?\d+)-(-?\d+)", lambda found: _no_date(*found.groups())),
    (r"(?:interval|timestamp|date).* out of range|Overflow .*(?:date|timestamp|interval)", lambda found: _BEYOND),
    (r"Out of Memory Error.*?(?:/(?P<limit>[\d.]+ \w+) used|$)", lambda found: _no_memory(found["limit"])),
    (r"IO Error: (?:Could not|Failed to) (?:write|truncate).*: (?P<reason>[^:]+)$", _no_room),
]  # fmt: skip

_WORDS = tuple((re.compile(pattern, re.IGNORECASE), words) for pattern, words in (*_POLARS, *_DUCKDB))
