"""The columns of one table: how their values are shown, and where they stand."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import polars as pl

from connectors.files.display import display_columns, is_right_aligned
from connectors.files.fitting import fitted_formats
from connectors.files.pdf_cells import Cells, heights, shown_cells
from connectors.files.pdf_groups import all_groups
from connectors.files.pdf_layout import LINE, ROW, Layout, Measured, Placed, header_words, lay_out
from connectors.files.pdf_lettering import Lettering
from connectors.files.pdf_totals import Totals
from connectors.files.report import Facts, Part, Report
from ir import types as t

_BAR = 6_000
"""Room for a bar beside the values of its column."""
_LONGEST, _ACROSS = 20, 12_000
BEGINNING = ROW + 3 * LINE
"""So much of a broken row is on its first page at least."""
_WRAPPED = (t.String, t.Json, t.ListOf, t.Struct, t.File)


class Columns:
    """A table's columns, laid out by a sample of its rows and by its totals."""

    def __init__(
        self,
        part: Part,
        facts: Facts,
        sample: pl.DataFrame,
        *,
        report: Report,
        lettering: Lettering,
        date_format: str | None,
    ) -> None:
        self._lettering = lettering
        self.names = part.columns.names
        self.formats = fitted_formats(part, sample, date_format=date_format)
        self.is_text = [isinstance(kind, _WRAPPED) for _, kind in part.columns.items()]
        self.align: dict[int, str] = {
            index: self.formats[name].align or ("right" if is_right_aligned(kind, self.formats[name]) else "left")
            for index, (name, kind) in enumerate(part.columns.items())
        }
        self.totals = Totals(part, facts, report, self.formats)
        self._shown = [each.fill_null("").name.keep()
                       for each in display_columns(part, report, self.formats)]  # fmt: skip
        texts = self.texts(sample)
        self.is_barred = [self.formats[name].highlight == "data_bar" for name in self.names]
        self.is_number = [isinstance(kind, t.NUMERIC) for _, kind in part.columns.items()]
        measured = [self._measured(index, texts[name]) for index, name in enumerate(self.names)]
        self._widest = [each.widest for each in measured]
        self.groups = all_groups(part, facts, report)
        least = max((lettering.strong_width(each) for each in self._lines_across()), default=0) + _ACROSS
        self.layout: Layout = lay_out(measured, report.page, least=least)
        self.headers = [[self._header_lines(column) for column in group] for group in self.layout.groups]

    def bar_room(self, column: Placed) -> int:
        """How wide a bar beside the column's values may be."""
        return max(column.width * 2 // 5, column.width - self._widest[column.index])

    def texts(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.select(self._shown)

    def cells(self, rows: pl.DataFrame) -> dict[int, Cells]:
        """The cells of every column, by its place among the table's columns."""
        texts = self.texts(rows)
        placed = {column.index: column for group in self.layout.groups for column in group}
        return {
            index: shown_cells(texts[self.names[index]], lettering=self._lettering, most=column.width,
                               align=self.align[index], is_text=self.is_text[index])
            for index, column in placed.items()
        }  # fmt: skip

    def heights_of(self, rows: pl.DataFrame) -> int:
        """How high these rows are together, of one that may be broken only its beginning."""
        if not rows.height:
            return ROW
        found = heights(self.cells(rows)) or [ROW] * rows.height
        return sum(BEGINNING if self.is_broken(each) else each for each in found)

    def is_broken(self, height: int) -> bool:
        """Whether a row is so high that it is broken over pages rather than kept on one."""
        return height * self.layout.unit > self.layout.paper.depth * 0.4

    def _lines_across(self) -> Iterator[str]:
        """The longest lines that go across the table, at most a few of each level."""
        for level in self.groups:
            yield from heapq.nlargest(_LONGEST, (group.heading for group in level), key=len)
            yield from heapq.nlargest(_LONGEST, (f"{self.totals.word} {group.key}" for group in level), key=len)

    def _measured(self, index: int, texts: pl.Series) -> Measured:
        name, lettering = self.names[index], self._lettering
        how, bold = self.formats[name], lettering.strong_width
        lines = texts.str.split("\n").explode() if texts.str.contains("\n", literal=True).any() else texts
        widest = lettering.regular.widths(lines).max() if len(lines) else 0
        total = max((bold(each) for each in self.totals.texts(name)), default=0)
        header = lettering.clean(name)
        return Measured(
            name=name, widest=max(int(str(widest or 0)), total),
            beside=_BAR if self.is_barred[index] else 0, can_be_cut=self.is_text[index],
            word=max(bold(word) for word in header_words(header)), header=bold(header),
            width=int(how.width * lettering.regular.digit) if how.width else None,
        )  # fmt: skip

    def _header_lines(self, column: Placed) -> list[str]:
        """The name broken at its words where it is too wide, and inside of a word that is."""
        width, lines = self._lettering.strong_width, [""]
        name = self._lettering.clean(self.names[column.index])
        for word in header_words(name) if width(name) > column.width else [name]:
            joined = f"{lines[-1]}{'' if lines[-1].endswith(('_', '-')) or not lines[-1] else ' '}{word}"
            if lines[-1] and width(joined) > column.width:
                lines.append(word)
            else:
                lines[-1] = joined
        return [part for line in lines for part in self._lettering.wrapped(line, column.width, bold=True)]
