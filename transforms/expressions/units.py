"""The units of time that date functions take as text."""

from __future__ import annotations

from ir.diagnostics import did_you_mean
from transforms.expressions.signature import Function
from transforms.expressions.tree import Node, Value

MICROSECONDS = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000,
                "millisecond": 1_000, "microsecond": 1}  # fmt: skip
POLARS = {"year": "1y", "quarter": "1q", "month": "1mo", "week": "1w", "day": "1d", "hour": "1h", "minute": "1m",
          "second": "1s", "millisecond": "1ms", "microsecond": "1us"}  # fmt: skip


def unit_of(text: str) -> str:
    """The unit in lower case and singular."""
    return text.strip().lower().removesuffix("s")


def check_unit(function: Function, args: tuple[Node, ...]) -> str | None:
    """What is wrong with the unit of a date function, or None."""
    first = args[0]
    text = str(first.value) if isinstance(first, Value) else ""
    if unit_of(text) in POLARS:
        return None
    near = did_you_mean(unit_of(text), POLARS)
    return f"{text!r} is no unit of {function.name}; {near or 'the units are ' + ', '.join(POLARS)}"
