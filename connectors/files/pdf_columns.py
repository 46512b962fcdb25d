"""The columns of one table: how their values are shown, and where they stand."""

from __future__ import annotations

import polars as pl

from connectors.files.display import display_columns, is_right_aligned
from connectors.files.fitting import fitted_formats
from connectors.files.pdf_cells import Cells, heights, shown_cells
from connectors.files.pdf_layout import ROW, Layout, Measured, Placed, header_words, lay_out
from connectors.files.pdf_lettering import Lettering
from connectors.files.pdf_totals import Totals
from connectors.files.report import Facts, Part, Report
from ir import types as t

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
        measured = [self._measured(index, texts[name]) for index, name in enumerate(self.names)]
        self.layout: Layout = lay_out(measured, report.page)
        self.headers = [[self._header_lines(column) for column in group] for group in self.layout.groups]

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
        """How high these rows are together."""
        return sum(heights(self.cells(rows)) or [rows.height * ROW]) if rows.height else ROW

    def _measured(self, index: int, texts: pl.Series) -> Measured:
        name, lettering = self.names[index], self._lettering
        how, bold = self.formats[name], lettering.strong_width
        lines = texts.str.split("\n").explode() if texts.str.contains("\n", literal=True).any() else texts
        widest = lettering.regular.widths(lines).max() if len(lines) else 0
        total = max((bold(each) for each in self.totals.texts(name)), default=0)
        header = lettering.clean(name)
        return Measured(
            name=name, widest=max(int(str(widest or 0)), total), can_be_cut=self.is_text[index],
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
