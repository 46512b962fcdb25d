"""Rows as messages read them: each value beside its text in its column's format."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from connectors.files.display import display_cell
from connectors.files.report import PLAIN
from connectors.templates.values import Row
from ir import types as t
from ir.column_format import ColumnFormat
from transforms.expressions.polars_columns import all_exact, exact

_DIGITS = (2, 3, 4, 5, 6)


class ShownRows:
    """Makes rows of the columns; how a value reads depends on nothing but itself, so that a message never changes
    with the batch its row comes in."""

    def __init__(self, columns: t.Schema, formats: Mapping[str, ColumnFormat], *, locale: str, timezone: str) -> None:
        self.places = {name: place for place, name in enumerate(columns.names)}
        self._columns = columns
        self._texts = [
            shown_cell(exact(name), kind, formats.get(name, PLAIN), locale=locale, timezone=timezone).alias(name)
            for name, kind in columns.items()
        ]

    def rows(self, batch: pl.DataFrame) -> list[Row]:
        """The batch's rows, in their order."""
        values = batch.select(all_exact(self._columns.names)).rows()
        texts = batch.select(self._texts).rows()
        return [Row(self.places, value, text) for value, text in zip(values, texts, strict=True)]


def shown_cell(cell: pl.Expr, kind: t.DataType, how: ColumnFormat, *, locale: str, timezone: str) -> pl.Expr:
    """The cell's text; a fraction that nothing was said about has two digits, below 1 three that count."""
    if isinstance(kind, t.Number) and how.style is None and how.decimals is None:
        size = cell.abs()
        digits = pl.when(size >= 1).then(2).otherwise((2 - size.log10().floor()).clip(2, 6))
        text = display_cell(cell, kind, how, locale=locale, timezone=timezone)
        for each in _DIGITS:
            fixed = how.model_copy(update={"decimals": each})
            rounded = display_cell(cell, kind, fixed, locale=locale, timezone=timezone)
            has_fraction = cell.is_finite() & (cell != cell.floor())
            text = pl.when(has_fraction & (digits == each)).then(rounded).otherwise(text)
    else:
        text = display_cell(cell, kind, how, locale=locale, timezone=timezone)
    return text if how.null_text is None else text.fill_null(how.null_text)
