"""XLSX: a titled, styled sheet for each table of a report, with native values, formulas and charts."""

from __future__ import annotations

from io import BufferedWriter, FileIO
from pathlib import Path
from traceback import clear_frames
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.report import STREAMED, Facts, Part, Report
from connectors.files.writing import BlockWriter, FileWriter, WriteOptions
from connectors.files.xlsx_book import Book
from connectors.files.xlsx_points import Points
from connectors.files.xlsx_surroundings import surround
from connectors.files.xlsx_table import Table
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SHEET_COLUMNS = 16_384


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> FileWriter:
    for part in report.tables:
        check_columns(part)
    if options.template is not None:
        from connectors.files.xlsx_template import TemplateWriter

        return TemplateWriter(path, report=report, options=options)
    return XlsxWriter(path, report=report, options=options)


class AbandonableFile(FileIO):
    """A file that swallows what comes once it is given up.

    A ZipFile that is left behind writes its directory when the error's frames let go of it; on a full disk or into a
    closed file that would fail again, with a traceback nobody can catch.
    """

    abandoned = False

    def write(self, data: ReadableBuffer, /) -> int:
        return len(memoryview(data)) if self.abandoned else super().write(data)


class XlsxWriter(BlockWriter):
    """Tables one after the other, each on a sheet of its own; the rows leave memory as they are written."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        self._report, self._options = report, options
        self._raw = AbandonableFile(path, "wb")
        self._file = BufferedWriter(self._raw)
        self._book = Book(report)
        self._points = Points(self._book)
        self._waiting = list(report.tables)
        self._part = self._waiting[0]
        self._facts = STREAMED
        self._table: Table | None = None
        self._warnings: list[str] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self._warnings)

    def begin(self, facts: Facts) -> None:
        self._end_table()
        self._part, self._facts = self._waiting.pop(0), facts
        self._table = self._next_table()

    def write(self, batch: pl.DataFrame) -> None:
        if self._table is None:
            self._table = self._next_table()
        self._table.write(batch)

    def _next_table(self) -> Table:
        part, report = self._part, self._report
        said = self._options.sheet_name if len(report.tables) == 1 else None
        name = self._book.free_name(said or part.heading or report.heading)
        return Table(part, self._facts, report=report, options=self._options, book=self._book, name=name)

    def _end_table(self) -> None:
        if self._table is None:
            return
        self._table.finish()
        surround(self._table, self._part, self._facts, report=self._report, options=self._options, book=self._book,
                 points=self._points)  # fmt: skip
        self._warnings += self._table.warnings
        self._table = None

    def finish(self) -> None:
        if not self._book.sheets and self._table is None:
            self._table = self._next_table()
        self._end_table()
        self._points.finish()
        try:
            self._book.write_to(self._file)
        except BaseException as error:  # a full disk, or Ctrl-C
            self._raw.abandoned = True
            clear_frames(error.__traceback__)
            raise
        self._file.close()
        self._book.close()

    def abort(self) -> None:
        self._raw.abandoned = True
        self._book.close()
        self._file.close()


def check_columns(part: Part) -> None:
    """Refuse a table that is wider than a sheet.

    Raises:
        ConnectorProblem: IR604.
    """
    if len(part.columns) <= SHEET_COLUMNS:
        return
    raise ConnectorProblem(
        "IR604",
        f"a sheet holds {SHEET_COLUMNS:,} columns, and this frame has {len(part.columns):,}",
        key=("format",),
        hint="deliver fewer with `columns`, or write csv or parquet",
    )
