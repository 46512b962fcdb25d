"""The columns of a part as a sheet has them: number format, alignment, and a width that fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from connectors.files.display import display_cell, is_right_aligned
from connectors.files.report import Facts, Part, Report
from connectors.files.xlsx_cells import Column
from connectors.files.xlsx_formats import number_format
from ir.column_format import ColumnFormat
from transforms.expressions.polars_columns import exact

RULE, BAND = "#DDE4EC", "#F3F6FA"
ACCENT, QUIET, INK = "#1F4E79", "#66788A", "#1F2933"
_WIDEST, _NARROWEST = 60, 8


def sheet_columns(
    part: Part, report: Report, formats: Mapping[str, ColumnFormat], sample: pl.DataFrame, facts: Facts, *, first: int
) -> list[Column]:
    """The part's columns from the sheet's column `first` on, as wide as their names, totals and sample need."""
    columns = []
    for index, (name, kind) in enumerate(part.columns.items(), first):
        how = formats[name]
        texts = sample.head(1000).select(
            display_cell(exact(name), kind, how, locale=report.locale, timezone=report.timezone).alias(name)
        )
        lines = texts.to_series().str.split("\n").explode()
        longest = max(lines.drop_nulls().str.len_chars().to_list(), default=0)
        style: dict[str, Any] = {"num_format": number_format(kind, how, report.locale)}
        style["align"] = how.align or ("right" if is_right_aligned(kind, how) else "left")
        style |= {"valign": "top", "bottom": 1, "bottom_color": RULE}
        if longest > _WIDEST - 2 or bool(texts.to_series().str.contains("\n", literal=True).any()):
            style["text_wrap"] = True
        needed = max(longest, _total_length(name, part, report, how, facts))
        width = how.width or min(_WIDEST, max(_NARROWEST, needed + 2 + (style["align"] == "right"), _title_width(name)))
        style["indent"] = int(style["align"] != "center")  # keeps text and a number at its left apart
        columns.append(Column(name=name, kind=kind, how=how, width=float(width), style=style, timezone=report.timezone,
                              index=index))  # fmt: skip
    if not any("text_wrap" in each.style for each in columns):
        columns = [replace(each, style={**each.style, "valign": "vcenter"}) for each in columns]
    return columns


def _title_width(name: str) -> int:
    """Room for the column's name and the filter's button beside it; a long name wraps between its words."""
    if len(name) <= 14:
        return len(name) + 4
    return max(len(word) for word in name.replace("_", " _").split(" ")) + 4


def _total_length(name: str, part: Part, report: Report, how: ColumnFormat, facts: Facts) -> int:
    """The characters of the column's longest total, which is bold and may follow its function's name."""
    if name not in part.totals or facts.totals is None or name not in part.total_types:
        return 0
    kind = part.total_types[name]
    text = display_cell(exact(name), kind, how, locale=report.locale, timezone=report.timezone)
    frames = [each.select(text.alias(name)) for each in (facts.totals, *facts.subtotals)]
    lengths = pl.concat(frames).to_series().str.len_chars().drop_nulls().to_list()
    named = len(part.totals[name]) + 1 if len(set(part.totals.values())) > 1 else 0
    return min(_WIDEST // 2, max(lengths, default=0) + named + 1)
