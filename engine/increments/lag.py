"""How far behind the last value a run starts, for rows that come late."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

_UNITS = {
    "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400, "w": 604800, "week": 604800,
    "weeks": 604800,
}  # fmt: skip
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.IGNORECASE)


def read_lag(lag: Any, kind: str) -> Any:
    """The lag of a cursor of this kind: a duration for times, a number for numbers.

    Raises:
        ValueError: what would work.
    """
    match kind:
        case "datetime" | "instant" | "modified" | "date":
            found = _duration(lag)
            if kind == "date" and found % timedelta(days=1):
                raise ValueError("the lag behind a date is a number of days, such as 3d")
            return found
        case "integer" | "number" | "decimal":
            if isinstance(lag, bool) or not isinstance(lag, int | float | Decimal) or lag < 0:
                raise ValueError("the lag behind a number is a number, such as 1000")
            exact = Decimal(getattr(lag, "text", None) or str(lag))
            if kind == "integer" and exact != exact.to_integral_value():
                raise ValueError("the lag behind an integer is an integer, such as 1000")
            return {"integer": int, "number": float, "decimal": Decimal}[kind](exact)
        case _:
            raise ValueError("there is no lag behind a text")


def behind(value: Any, lag: Any) -> Any:
    """The value as far back as the lag says; the earliest there is where that would be before all times."""
    try:
        return value - lag
    except OverflowError:
        return date.min if not isinstance(value, datetime) else datetime.min.replace(tzinfo=value.tzinfo)


def _duration(lag: Any) -> timedelta:
    match = _DURATION.fullmatch(lag) if isinstance(lag, str) else None
    seconds = _UNITS.get(match[2].lower()) if match else None
    if match is None or seconds is None:
        raise ValueError("the lag behind a time is a duration, such as 30m, 12h or 3d")
    return timedelta(seconds=float(match[1]) * seconds)
