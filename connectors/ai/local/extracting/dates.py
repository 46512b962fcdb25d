"""Dates as people write them in many countries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from connectors.ai.local.extracting.months import month_of
from ir.records import dataclass

_PIVOT = 70
"""Two digits of a year below this are of this century."""
_YEAR = r"(?:(?:19|20)\d\d|['’]?\d\d)"
_LONG_YEAR = r"(?:19|20)\d\d"
_YMD = re.compile(rf"(?<![\d.,/-])({_LONG_YEAR})([-/.]|\. )(\d\d?)(?:\2|\. )(\d\d?)(?![\d/-])(?!\.\d)")
_COMPACT = re.compile(r"(?<![\w.,-])((?:19|20)\d\d)([01]\d)([0-3]\d)(?![\w-])(?![.,]\d)")
_NUMBERS = re.compile(rf"(?<![\d.,/-])(\d\d?)([-/.])(\d\d?)\2({_YEAR})(?![\d/-])(?!\.\d)")
_SPACED = re.compile(rf"(?<![\d.,/-])(\d\d?)\. ?(\d\d?)\. ?({_YEAR})(?![\d/-])(?!\.\d)")
_CJK = re.compile(r"(\d{4})\s?[年년]\s?(\d\d?)\s?[月월]\s?(\d\d?)\s?[日일]")
_DAY_FIRST = re.compile(
    rf"(?<![\d.,/-])(\d\d?)(?:\.|st|nd|rd|th|er|º|°|ª)?(?:\s+(?:of|de|di|d'|del|den))?[\s-]?\s?"
    rf"([^\W\d_]{{3,15}})\.?,?(?:\s+(?:de|del))?[\s-]?\s?({_YEAR})(?![\d/-])(?!\.\d)"
)
_MONTH_FIRST = re.compile(
    rf"(?<![^\W\d_])([^\W\d_]{{3,15}})\.?[\s-]\s?(\d\d?)(?:st|nd|rd|th)?,?[\s-]\s?({_LONG_YEAR})(?![\d/-])"
)
_YEAR_FIRST = re.compile(rf"(?<![\d.,/-])({_LONG_YEAR})[.\s-]\s?([^\W\d_]{{3,15}})\.?[\s-]\s?(\d\d?)\.?(?![\d/-])")
_AMERICAN = re.compile(
    r"US\$|\bUSD\b|(?<![A-Z])\$ ?\d|\b[A-Z]{2} \d{5}(?:-\d{4})?\b|\bZIP\b|\bSales Tax\b", re.IGNORECASE
)
_NOT_AMERICAN = re.compile(r"[€£]|\bEUR\b|\bGBP\b|\bVAT\b|\bAUD\b|\bGST\b|\bIBAN\b|\bABN\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date and the part of the text that says it. Of 03/04/2026 one cannot be sure."""

    start: int
    end: int
    value: date
    is_sure: bool = True


def month_comes_first(text: str) -> bool | None:
    """Whether 03/04 is in March here; None where nothing in the text tells."""
    first, second = 0, 0
    for match in _NUMBERS.finditer(text):
        if match[2] != ".":
            first += int(match[1]) > 12
            second += int(match[3]) > 12
    if first != second:
        return second > first
    if _NOT_AMERICAN.search(text):
        return False
    return True if _AMERICAN.search(text) else None


def find_dates(text: str, *, is_month_first: bool | None = None) -> list[FoundDate]:
    """All dates of a text in its order; what is read in two ways is taken as `is_month_first` says."""
    found: list[FoundDate] = []
    taken: set[int] = set()
    for each in sorted(_all(text, is_month_first), key=lambda one: (one.start, -one.end)):
        if not taken.intersection(range(each.start, each.end)):
            taken.update(range(each.start, each.end))
            found.append(each)
    return found


def _all(text: str, is_month_first: bool | None) -> Iterator[FoundDate]:
    for pattern in (_YMD, _CJK, _COMPACT):
        for match in pattern.finditer(text):
            parts = [int(each) for each in match.groups() if each.strip().isdigit()]
            yield from _one(match, parts[0], parts[1], parts[2])
    for match in _NUMBERS.finditer(text):
        first, second = int(match[1]), int(match[3])
        is_open = match[2] != "." and first <= 12 and second <= 12 and first != second
        month_first = second > 12 or (is_open and bool(is_month_first))
        day, month = (second, first) if month_first and match[2] != "." else (first, second)
        yield from _one(match, _year(match[4]), month, day, is_sure=not is_open or is_month_first is not None)
    for match in _SPACED.finditer(text):
        yield from _one(match, _year(match[3]), int(match[2]), int(match[1]))
    for match in _DAY_FIRST.finditer(text):
        yield from _one(match, _year(match[3]), month_of(match[2]), int(match[1]))
    for match in _MONTH_FIRST.finditer(text):
        yield from _one(match, int(match[3]), month_of(match[1]), int(match[2]))
    for match in _YEAR_FIRST.finditer(text):
        yield from _one(match, int(match[1]), month_of(match[2]), int(match[3]))


def _one(match: re.Match[str], year: int, month: int | None, day: int, *, is_sure: bool = True) -> Iterator[FoundDate]:
    if month is None:
        return
    try:
        yield FoundDate(match.start(), match.end(), date(year, month, day), is_sure)
    except ValueError:
        return  # 31.02. is a number, not a date


def _year(text: str) -> int:
    number = int(text.lstrip("'’"))
    if len(text.lstrip("'’")) == 4:
        return number
    return number + (2000 if number < _PIVOT else 1900)
