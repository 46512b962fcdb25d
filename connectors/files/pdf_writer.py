"""PDF: a titled table with its header on every page, numbers right, page x of y."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import polars as pl

from connectors.files.display import display_columns, is_right_aligned
from connectors.files.fitting import fitted_formats
from connectors.files.pdf_document import PdfDocument
from connectors.files.pdf_fonts import PdfFonts
from connectors.files.pdf_layout import Measured, header_words, lay_out
from connectors.files.pdf_page import PageFrame
from connectors.files.pdf_table import row_lines, shown_cells
from connectors.files.report import Report
from connectors.files.writing import BlockWriter, WriteOptions
from ir import types as t
from ir.column_format import ColumnFormat

BATCH_ROWS = 20_000
"""Rows laid out at once: their operators are about 500 bytes a row in memory."""


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> PdfWriter:
    return PdfWriter(path, report=report, options=options)


class PdfWriter(BlockWriter):
    """The first batch is the sample that paper, letter size and column widths are chosen by."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        self._path, self._report, self._options = path, report, options
        self._fonts = PdfFonts()
        self._font = self._fonts.regular
        self._document: PdfDocument | None = None
        self._lines: list[list[str]] = []
        self._row = 0
        self._cut: dict[str, int] = {}

    def write(self, batch: pl.DataFrame) -> None:
        if not batch.height:
            return
        if self._document is None:
            self._begin(batch)
        for part in batch.iter_slices(BATCH_ROWS):
            self._add(part)
            self._flush(last=False)

    def _begin(self, sample: pl.DataFrame) -> None:
        self._formats = fitted_formats(self._report.tables[0], sample, date_format=self._options.date_format)
        self._shown = [self._font.clean(each.fill_null("")).name.keep()
                       for each in display_columns(self._report.tables[0], self._report, self._formats)]  # fmt: skip
        texts = sample.select(self._shown)
        measured = [self._measured(name, texts[name]) for name in self._report.columns]
        self._layout = lay_out(measured, paper=self._report.page.size, orientation=self._report.page.orientation)
        self._align = {index: self._alignment(name) for index, name in enumerate(self._report.columns)}
        self._frame = PageFrame(self._layout, report=self._report, fonts=self._fonts, align=self._align)
        self._lines = [[] for _ in self._layout.groups]
        made = self._report.generated_at.astimezone(UTC)
        self._document = PdfDocument(self._path, size=self._layout.page, title=self._report.heading, created=made,
                                     fonts=self._fonts)  # fmt: skip

    def _measured(self, name: str, texts: pl.Series) -> Measured:
        widest = self._font.widths(texts).max() if len(texts) else 0
        how = self._formats[name]
        return Measured(
            name=name, widest=int(str(widest or 0)), can_be_cut=self._can_be_cut(name),
            word=max(self._fonts.bold.width(word) for word in header_words(name)), header=self._fonts.bold.width(name),
            width=int(how.width * self._font.digit) if how.width else None,
        )  # fmt: skip

    def _can_be_cut(self, name: str) -> bool:
        return isinstance(self._report.columns[name], t.String | t.Json | t.ListOf | t.Struct | t.File)

    def _alignment(self, name: str) -> str:
        how: ColumnFormat = self._formats[name]
        return how.align or ("right" if is_right_aligned(self._report.columns[name], how) else "left")

    def _add(self, rows: pl.DataFrame) -> None:
        """The rows as lines of operators, waiting for their pages."""
        texts = rows.select(self._shown)
        names = self._report.columns.names
        heights = self._frame.heights(self._row, rows.height)
        for lines, group in zip(self._lines, self._layout.groups, strict=True):
            cells = {}
            for column in group:
                name = names[column.index]
                cells[column.index] = shown_cells(texts[name], font=self._font, most=column.width,
                                                  can_be_cut=self._can_be_cut(name))  # fmt: skip
                if cells[column.index].cut and not (column.index == 0 and group is not self._layout.groups[0]):
                    self._cut[name] = self._cut.get(name, 0) + cells[column.index].cut
            lines += row_lines(list(group), cells, align=self._align, heights=heights)
        self._row += rows.height

    def _flush(self, *, last: bool) -> None:
        """Write the full pages, and with `last` also the one begun."""
        assert self._document is not None
        while self._lines and self._lines[0]:
            room = self._frame.rows(first=self._document.pages == 0)
            if len(self._lines[0]) < room and not last:
                return
            first = self._document.pages == 0
            for number, lines in enumerate(self._lines):
                content = self._frame.page(lines[:room], group=number, first=first, number=self._document.pages + 1)
                self._document.add_page(content)
                del lines[:room]

    def finish(self) -> None:
        if self._document is None:
            empty = {name: pl.String() for name in self._report.columns}
            self._begin(pl.DataFrame(schema=empty))
        assert self._document is not None
        self._flush(last=True)
        if not self._document.pages:
            for number in range(len(self._layout.groups)):
                self._document.add_page(self._frame.page([], group=number, first=True, number=number + 1))
        self._document.close(total=self._frame.total(self._document.pages))

    def abort(self) -> None:
        if self._document is not None:
            self._document.abandon()

    @property
    def warnings(self) -> tuple[str, ...]:
        found = [
            f"1 value of {name} is cut in the PDF to fit its column"
            if count == 1
            else f"{count:,} values of {name} are cut in the PDF to fit their column"
            for name, count in self._cut.items()
        ]
        return (*found, *self._fonts.warnings)
