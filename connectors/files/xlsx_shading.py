"""Colours of cells: data bars and colour scales that follow their values, and fills where a rule holds."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from connectors.files.report import Facts, Part, Rule
from connectors.files.shading import BAR, BAR_BELOW, SCALE, ground, highlight_of
from connectors.files.xlsx_book import Book
from connectors.files.xlsx_cells import Column
from connectors.files.xlsx_columns import ACCENT
from connectors.files.xlsx_lines import letter
from connectors.files.xlsx_links import linked
from connectors.files.xlsx_place import Place
from transforms.expressions.polars_columns import exact

_MOST_BLOCKS = 200
"""Of rows that one conditional format may name; for more groups it lies over their subtotals as well."""


def looks_of(column: Column, part: Part, book: Book) -> tuple[tuple[pl.Expr, int], ...]:
    """The styles of cells that a rule colours or that lead somewhere: a rule that Excel itself follows needs none."""
    link = linked(column, part)
    font = {"font_color": ACCENT, "underline": 1}
    found: list[tuple[pl.Expr, int]] = []
    for rule in part.rules.get(column.name, ()):
        if rule.where in part.columns:
            continue
        fill = {"bg_color": ground(rule.color), "pattern": 1}
        holds = exact(rule.where)
        if link is not None:
            found.append((holds & link, book.style(**column.style, **fill, **font)))
        found.append((holds, book.style(**column.style, **fill)))
    if link is not None:
        found.append((link, book.style(**column.style, **font)))
    return tuple(found)


def shade(place: Place, part: Part, facts: Facts, columns: Sequence[Column], book: Book) -> None:
    """The conditional formats of a sheet's rows."""
    if not place.rows:
        return
    blocks = place.rows if len(place.rows) <= _MOST_BLOCKS else [(place.rows[0][0], place.rows[-1][1])]
    by_name = {each.name: each for each in columns}
    for column in columns:
        how = highlight_of(part, column.name, facts.extremes)
        if how in {"data_bar", "color_scale"}:
            low, high = facts.extremes[column.name]
            _put(place, column, blocks, _bar(low, high) if how == "data_bar" else _scale(low, high))
        for rule in part.rules.get(column.name, ()):
            if (where := by_name.get(rule.where)) is not None:
                _put(place, column, blocks, _rule(rule, f"${letter(where.index)}{blocks[0][0] + 1}", book))


def _put(place: Place, column: Column, blocks: Sequence[tuple[int, int]], how: dict[str, object]) -> None:
    name = letter(column.index)
    areas = " ".join(f"{name}{first + 1}:{name}{last + 1}" for first, last in blocks)
    more = {"multi_range": areas} if len(blocks) > 1 else {}
    place.sheet.worksheet.conditional_format(blocks[0][0], column.index, blocks[-1][1], column.index, {**how, **more})


def _bar(low: float, high: float) -> dict[str, object]:
    """From zero to the value, as far as the largest of all sheets."""
    return {"type": "data_bar", "bar_solid": True, "bar_color": BAR, "bar_negative_color": BAR_BELOW,
            "bar_border_color": BAR, "bar_no_border": True, "bar_axis_color": "#B8C4CE",
            "min_type": "num", "min_value": min(0.0, low), "max_type": "num",
            "max_value": max(0.0, high)}  # fmt: skip


def _scale(low: float, high: float) -> dict[str, object]:
    return {"type": "2_color_scale", "min_color": SCALE[0], "max_color": SCALE[1], "min_type": "num",
            "min_value": low, "max_type": "num", "max_value": high}  # fmt: skip


def _rule(rule: Rule, cell: str, book: Book) -> dict[str, object]:
    return {"type": "formula", "criteria": f"={cell}=TRUE",
            "format": book.difference(bg_color=ground(rule.color))}  # fmt: skip
