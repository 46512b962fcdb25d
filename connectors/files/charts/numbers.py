"""Values as the labels of a chart, in the format of their column."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from connectors.files.charts.ticks import Ticks, moment
from connectors.files.display import display_cell
from ir import types as t
from ir.column_format import ColumnFormat
from ir.locales import punctuation

_STYLES = {"number", "currency", "percent"}
_SMALLEST, _LARGEST = 1e-6, 1e15
"""Where the largest value is beyond these, digits in full would say less than a power of ten."""


def tick_labels(ticks: Ticks, how: ColumnFormat, locale: str) -> list[str]:
    """Numbers at the ticks with the digits that tell them apart."""
    shown = _as_number(how)
    decimals = max(0, ticks.decimals - 2) if shown.style == "percent" else ticks.decimals
    return _texts(ticks.at, shown.model_copy(update={"decimals": decimals}), locale)


def place_labels(ticks: Ticks, how: ColumnFormat, locale: str) -> list[str]:
    """Numbers along the axis: four digits may be a year, and stay ungrouped where nothing says that they count."""
    if how.style is None and how.decimals is None and not ticks.decimals and all(abs(at) < 10_000 for at in ticks.at):
        return [f"{at:.0f}" for at in ticks.at]
    return tick_labels(ticks, how, locale)


def value_labels(values: Sequence[float], how: ColumnFormat, locale: str) -> list[str]:
    """Values in full: as many digits as the format says, else up to two where one of them has a fraction."""
    shown = _as_number(how)
    if how.style is None and how.decimals is None and not how.currency:
        whole = all(value == int(value) for value in values)
        shown = shown.model_copy(update={"decimals": 0 if whole else 2})
    return _texts(values, shown, locale)


def share_labels(shares: Sequence[float], locale: str) -> list[str]:
    return _texts(shares, ColumnFormat.model_validate({"style": "percent", "decimals": 1}), locale)


def time_labels(ticks: Ticks, how: ColumnFormat) -> list[str]:
    """Times in the column's pattern, else as exactly as the ticks need."""
    pattern = how.pattern if how.pattern and _says(ticks.pattern, how.pattern) else ticks.pattern
    places = pl.Series([moment(at) for at in ticks.at], dtype=pl.Datetime("us"))
    return places.dt.to_string(pattern).to_list()


def _says(needed: str, pattern: str) -> bool:
    """Whether the column's pattern says which day, or which month, the ticks stand at, and no more than that."""
    if needed == "%Y-%m":
        return re.sub(r"%[YybBmh]", "", pattern).find("%") < 0 and bool(re.search("%[bBmh]", pattern))
    return needed == "%Y-%m-%d"


def _as_number(how: ColumnFormat) -> ColumnFormat:
    style = how.style if how.style in _STYLES else "currency" if how.currency else "number"
    return how.model_copy(update={"style": style})


def _texts(values: Sequence[float], how: ColumnFormat, locale: str) -> list[str]:
    if (largest := max(map(abs, values), default=0.0)) and not _SMALLEST <= largest < _LARGEST:
        return [f"{value:.6g}".replace(".", punctuation(locale).point) for value in values]
    cells = pl.DataFrame({"value": pl.Series(values, dtype=pl.Float64)})
    text = display_cell(pl.col("value"), t.Number(), how, locale=locale, timezone="UTC")
    return cells.select(text.fill_null("").alias("text"))["text"].to_list()
