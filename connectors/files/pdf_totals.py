"""The lines of totals: their values as text, and the word that says what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from connectors.files.display import display_columns
from connectors.files.fitting import total_formats
from connectors.files.report import Facts, Part, Report
from connectors.files.total_words import function_word, total_word
from ir.column_format import ColumnFormat
from ir.records import dataclass


@dataclass(frozen=True, slots=True)
class TotalLine:
    """What stands in a line of totals: the label, and a text for each column that has one."""

    label: str
    values: Mapping[str, str]


class Totals:
    """The totals of a part, of all its rows and of its groups."""

    def __init__(self, part: Part, facts: Facts, report: Report, formats: Mapping[str, ColumnFormat]) -> None:
        self.word = total_word(part)
        self._names = {name: f"{function_word(part, name)} ".lstrip() for name in part.totals}
        shown = replace(part, columns=part.total_types, formats={})
        self._columns = display_columns(shown, report, total_formats(part, formats))
        self.grand = self._line(self.word, facts.totals, 0) if part.totals and facts.totals is not None else None
        self._subtotals = [each.select(self._columns) for each in facts.subtotals] if part.totals else []

    def of(self, level: int, index: int, key: str) -> TotalLine | None:
        """The subtotals of a group; none where nothing is added up."""
        if not self._subtotals:
            return None
        return self._shown(f"{self.word} {key}", self._subtotals[level], index)

    def texts(self, column: str) -> pl.Series:
        """All that stands in a column's totals."""
        found = [each[column].drop_nulls() for each in self._subtotals] if column in self._names else []
        texts = [self._names.get(column, "") + text for each in found for text in each]
        if self.grand is not None and column in self.grand.values:
            texts.append(self.grand.values[column])
        return pl.Series(texts, dtype=pl.String)

    def _line(self, label: str, frame: pl.DataFrame, index: int) -> TotalLine:
        return self._shown(label, frame.select(self._columns), index)

    def _shown(self, label: str, texts: pl.DataFrame, index: int) -> TotalLine:
        row = texts.row(index, named=True)
        return TotalLine(label, {name: f"{self._names[name]}{text}" for name, text in row.items() if text is not None})
