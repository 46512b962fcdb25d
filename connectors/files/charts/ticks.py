"""Round places along an axis: 1, 2 and 5 of a power of ten, and the steps of the calendar."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from ir.records import dataclass

EPOCH = datetime(1970, 1, 1)
DAY = 86_400.0
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
_MONTHS = (1, 2, 3, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """The places, and how many digits behind the point (of numbers) or which pattern (of times) tells them apart."""

    at: tuple[float, ...]
    decimals: int = 0
    pattern: str = ""


def number_step(low: float, high: float, most: int) -> float:
    """The smallest of 1, 2 and 5 of a power of ten that makes at most `most` steps between them."""
    rough = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * (1 - 1e-9))


def number_ticks(low: float, high: float, most: int, *, whole: bool = False) -> Ticks:
    """The round numbers from the last one at or below `low` to the first at or above `high`."""
    step = number_step(low, high, most)
    if whole:
        step = max(step, 1.0)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    places = tuple(
        round(index * step, decimals) if decimals < 300 else index * step for index in range(first, last + 1)
    )
    return Ticks(at=places, decimals=min(decimals, 15))


def inner_ticks(low: float, high: float, most: int, *, whole: bool = False) -> Ticks:
    """The round numbers between `low` and `high`."""
    ticks = number_ticks(low, high, most, whole=whole)
    slack = (high - low) * 1e-9
    return Ticks(at=tuple(each for each in ticks.at if low - slack <= each <= high + slack), decimals=ticks.decimals)


def calendar_ticks(low: float, high: float, most: int) -> Ticks:
    """Starts of years, months, weeks, days, hours or minutes between two times, in seconds since 1970."""
    span = max(high - low, 1e-6) / max(most, 1)
    if span <= _SECONDS[-1]:
        step = next(each for each in _SECONDS if each >= span) if span > 0.5 else 1
        pattern = "%H:%M:%S" if step < 60 else "%H:%M" if _same_day(low, high) else "%m-%d %H:%M"
        return Ticks(at=_every(low, high, step), pattern=pattern)
    days = next((each for each in (1, 2, 7, 14) if each * DAY >= span), None)
    if days is not None:
        offset = 4 * DAY if days >= 7 else 0.0  # weeks begin on Monday; 1970 began on a Thursday
        return Ticks(at=_every(low, high, days * DAY, offset), pattern="%Y-%m-%d")
    months = next((each for each in _MONTHS if each * 30.5 * DAY >= span), None)
    pattern = "%Y-%m"
    if months is None:
        months, pattern = max(1, round(number_step(0, span / (365 * DAY) or 1, 1))) * 12, "%Y"
    return Ticks(at=_months(low, high, months), pattern=pattern)


def _same_day(low: float, high: float) -> bool:
    return low // DAY == high // DAY


def _every(low: float, high: float, step: float, offset: float = 0.0) -> tuple[float, ...]:
    first, last = math.ceil((low - offset) / step), math.floor((high - offset) / step)
    return tuple(index * step + offset for index in range(first, last + 1))


def _months(low: float, high: float, step: int) -> tuple[float, ...]:
    start, end = moment(low), moment(high)
    found = []
    first = (start.year * 12 + start.month - 1) // step * step
    for months in range(max(first, 12), end.year * 12 + end.month, step):
        place = (datetime(months // 12, months % 12 + 1, 1) - EPOCH).total_seconds()
        if low <= place <= high:
            found.append(place)
    return tuple(found)


def moment(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)
