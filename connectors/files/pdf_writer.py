"""PDF: a report's parts one below the other, on as many pages as they take."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from connectors.files.pdf_columns import Columns
from connectors.files.pdf_document import PdfDocument
from connectors.files.pdf_flow import Flow
from connectors.files.pdf_lettering import Lettering
from connectors.files.pdf_section import PdfSection
from connectors.files.pdf_sheet import Paper
from connectors.files.pdf_words import LOGO, Words
from connectors.files.report import STREAMED, Facts, Report
from connectors.files.writing import BlockWriter, WriteOptions

BATCH_ROWS = 20_000
"""Rows laid out at once: their operators are about 500 bytes a row in memory. The first of a part are the sample that
paper, letter size and column widths are chosen by; always as many, so that equal rows make equal files."""


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> PdfWriter:
    return PdfWriter(path, report=report, options=options)


class PdfWriter(BlockWriter):
    """Rows wait until there are enough of them, pages until they are full."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        self._report, self._options = report, options
        self._lettering = Lettering()
        self._document = PdfDocument(path, report=report, fonts=self._lettering.fonts)
        self._flow = Flow(self._document, report=report, lettering=self._lettering)
        self._words = Words(self._flow, lettering=self._lettering)
        self._waiting = list(report.tables)
        self._rows: list[pl.DataFrame] = []
        self._count = 0
        self._section: PdfSection | None = None
        self._facts: Facts | None = None
        self._problems: list[str] = []

    def begin(self, facts: Facts) -> None:
        self._end_part()
        self._facts = facts

    def write(self, batch: pl.DataFrame) -> None:
        if not batch.height:
            return
        self._facts = self._facts or STREAMED
        self._rows.append(batch)
        self._count += batch.height
        if self._count >= BATCH_ROWS:
            rows = pl.concat(self._rows)
            while rows.height >= BATCH_ROWS:
                self._add(rows.head(BATCH_ROWS))
                rows = rows.slice(BATCH_ROWS)
            self._rows, self._count = [rows], rows.height

    def _add(self, rows: pl.DataFrame) -> None:
        if self._section is None:
            self._section = self._open_section(rows)
        self._section.add(rows)
        self._flow.write_done()

    def _open_section(self, sample: pl.DataFrame) -> PdfSection:
        part, facts = self._waiting.pop(0), self._facts or STREAMED
        columns = Columns(part, facts, sample, report=self._report, lettering=self._lettering,
                          date_format=self._options.date_format)  # fmt: skip
        if not self._flow.sheets:
            self._flow.turn(columns.layout.paper)
            self._put_title()
        return PdfSection(part, facts, columns, sample, flow=self._flow, words=self._words, lettering=self._lettering,
                          report=self._report)  # fmt: skip

    def _put_title(self) -> None:
        logo = None
        if self._report.logo is not None:
            logo = self._document.add_picture(LOGO, self._report.logo)
            if logo is None:
                self._problems.append("the logo is no PNG or JPEG that can be read, and is left out of the PDF")
        self._words.put_title(self._report, logo, self._document.tags.document)

    def _end_part(self) -> None:
        """Complete the part that was begun, and its rows that still wait."""
        if self._facts is None:
            return
        part = self._waiting[0] if self._section is None else None
        rows = pl.concat(self._rows) if self._rows else None
        if rows is not None and rows.height:
            self._add(rows)
        if self._section is None:
            assert part is not None
            self._section = self._open_section(part.no_rows())
        self._section.finish()
        self._problems += self._section.warnings
        self._rows, self._count, self._section, self._facts = [], 0, None, None

    def finish(self) -> None:
        self._facts = self._facts or (STREAMED if self._waiting and not self._flow.sheets else None)
        self._end_part()
        if not self._flow.sheets:
            self._flow.turn(Paper.of(self._report.page, self._report.page.orientation or "portrait"))
        self._words.put_provenance(self._report, self._document.tags.document)
        self._flow.finish()

    def abort(self) -> None:
        self._document.abandon()

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self._problems, *self._flow.warnings, *self._lettering.fonts.warnings)
