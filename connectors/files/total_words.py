"""The words of headings and totals, the same in every document."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from connectors.files.display import display_cell
from connectors.files.report import Part, Report
from transforms.expressions.polars_columns import exact

NO_KEY = "–"
"""Stands for a key that is null and has no `null_text`."""
_WORDS = {"sum": "Total", "mean": "Mean", "avg": "Mean", "median": "Median", "min": "Minimum", "max": "Maximum",
          "count": "Count"}  # fmt: skip


def total_word(part: Part) -> str:
    """What a line of totals is called: by its function where all have the same."""
    functions = set(part.totals.values())
    return _WORDS.get(next(iter(functions)), "Total") if len(functions) == 1 else "Total"


def function_word(part: Part, name: str) -> str:
    """What stands before a column's total: its function, where there are others and it is no sum."""
    function = part.totals[name]
    mixed = len(set(part.totals.values())) > 1
    return _WORDS.get(function, function).lower() if mixed and function != "sum" else ""


def group_key(part: Part, report: Report, level: int) -> pl.Expr:
    """The key of a group of that level as text, never null."""
    name = part.group_by.names[level]
    how = part.format_of(name)
    shown = display_cell(exact(name), part.group_by[name], how, locale=report.locale, timezone=report.timezone)
    return shown.fill_null(NO_KEY if how.null_text is None else how.null_text).alias(name)


def label_column(columns: Iterable[tuple[str, bool]], totals: Iterable[str]) -> str | None:
    """Of `columns` (name, whether it is a number) the first text without a total, else the first without one."""
    free = [(name, is_number) for name, is_number in columns if name not in set(totals)]
    return next((name for name, is_number in free if not is_number), free[0][0] if free else None)
