"""Whether a strftime pattern can write a column's dates: asked before a row moves."""

from __future__ import annotations

import datetime

import polars as pl

from ir.types import DataType, Date

_SAMPLES = {True: datetime.date(2026, 1, 31), False: datetime.datetime(2026, 1, 31, 14, 30)}


def pattern_problem(pattern: str, kind: DataType) -> str | None:
    """What is wrong with `pattern` for a date or datetime column, or None."""
    if "%" not in pattern:
        return f'the pattern "{pattern}" holds no word such as %d, so every date would show as it'
    try:
        pl.Series([_SAMPLES[isinstance(kind, Date)]]).dt.to_string(pattern)
    except pl.exceptions.PolarsError:
        return f'a {kind} cannot be written as "{pattern}"'
    return None


PATTERN_HINT = "write for example %d.%m.%Y or %Y-%m-%d %H:%M"
