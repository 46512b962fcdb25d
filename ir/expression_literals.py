"""Numbers, times and intervals as expressions write them."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from ir.expression_lexer import ExpressionSyntax, Span
from ir.expression_nodes import Interval, TimeLiteral

_MICROSECONDS = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000, "millisecond": 1_000,
                 "microsecond": 1}  # fmt: skip
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}
_UNITS = frozenset(_MICROSECONDS) | frozenset(_MONTHS) | frozenset(_DAYS)


def number_of(text: str) -> int | float | Decimal:
    """An exponent makes a number, a point a decimal with the digits as written, else an integer."""
    if "e" in text or "E" in text:
        return float(text)
    return Decimal(text) if "." in text else int(text)


def time_literal(word: str, text: str, span: Span) -> TimeLiteral:
    """The value of `date '…'`, `time '…'`, `timestamp '…'` or `datetime '…'`."""
    inside = text.strip()
    value: datetime.date | datetime.time
    try:
        if word == "date":
            value = datetime.date.fromisoformat(inside)
        elif word == "time":
            value = datetime.time.fromisoformat(inside)
        else:
            value = datetime.datetime.fromisoformat(inside)
    except ValueError as error:
        example = {"date": "2026-01-31", "time": "14:30:00"}.get(word, "2026-01-31 14:30:00")
        raise ExpressionSyntax(f"{text!r} is no {word}", span, f"write {word} '{example}'") from error
    return TimeLiteral(value, span)


def is_unit(word: str) -> bool:
    """Whether the word is a unit of an interval, in singular or plural."""
    return word.rstrip("s") in _UNITS


def interval_of(amount: str, span: Span) -> Interval:
    """The interval that a text such as `1 day 2 hours` spells."""
    parts = re.findall(r"\s*([+-]?\d+)\s*([A-Za-z]+)\s*", amount)
    if not parts or "".join("".join(part) for part in parts) != "".join(amount.split()):
        raise ExpressionSyntax(f"interval {amount!r} is no whole number of units", span,
                               "write interval '90' day, or a number of year, quarter, month, week, day, "
                               "hour, minute, second")  # fmt: skip
    months = days = microseconds = 0
    for number, word in parts:
        name = word.lower().rstrip("s")
        if name in _MONTHS:
            months += int(number) * _MONTHS[name]
        elif name in _DAYS:
            days += int(number) * _DAYS[name]
        elif name in _MICROSECONDS:
            microseconds += int(number) * _MICROSECONDS[name]
        else:
            raise ExpressionSyntax(f"{word} is no unit of an interval", span,
                                   "the units are year, quarter, month, week, day, hour, minute, second")  # fmt: skip
    if max(abs(months) // 12, abs(days) // 365, abs(microseconds) // 31_536_000_000_000) > 10_000:
        raise ExpressionSyntax("the interval is longer than 10,000 years", span)
    return Interval(months, days, microseconds, span)
