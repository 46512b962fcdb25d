"""CSV and TSV: one header line, then a line a row, as section 13 of the IR writes values."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from connectors.files.coercion import DATETIME, csv_columns
from connectors.files.csv_excel import BYTE_ORDER_MARK, excel_columns, excel_separator, harmless
from connectors.files.display import display_columns
from connectors.files.report import Report
from connectors.files.streams import UTF8, OutputStream
from connectors.files.writing import BlockWriter, WriteOptions
from connectors.problem import ConnectorProblem

_PLAIN = re.compile("[A-Za-z0-9_]+")
"""Names that are quoted for the delimiter alone."""


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> CsvWriter:
    if options.profile == "excel":
        return ExcelCsvWriter(path, report=report, options=options, delimiter=excel_separator(report, options))
    return CsvWriter(path, report=report, options=options, delimiter=options.delimiter or ",")


def open_tsv_writer(path: Path, *, report: Report, options: WriteOptions) -> CsvWriter:
    return CsvWriter(path, report=report, options=options, delimiter=options.delimiter or "\t")


def field_separator(written: str) -> str:
    """The one character between fields.

    Raises:
        ConnectorProblem: IR604 for what is none, or would be read as a quote or the end of a line.
    """
    delimiter = {"\\t": "\t", "tab": "\t"}.get(written, written)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
        shown = delimiter.encode("unicode_escape").decode()
        raise ConnectorProblem(
            code="IR604", message=f'"{shown}" cannot separate the fields of a CSV file',
            hint="write one ASCII character, such as , ; | or a tab", key=("options", "delimiter"),
        )  # fmt: skip
    return delimiter


class CsvWriter(BlockWriter):
    """Null is an empty field, an empty text is `""`; fields are quoted only where they must be."""

    _line_end = "\n"

    def __init__(self, path: Path, *, report: Report, options: WriteOptions, delimiter: str) -> None:
        self._delimiter = field_separator(delimiter)
        self._cells = self._columns(report, options)
        self._stream = OutputStream(path, options=options)
        self._begin(options)
        if options.header:
            self._put_header(report)

    def _columns(self, report: Report, options: WriteOptions) -> list[pl.Expr]:
        if options.formatted:
            return display_columns(report.tables[0], report)
        return csv_columns(report.columns, timezone=report.timezone, date_format=options.date_format)

    def _begin(self, options: WriteOptions) -> None:
        return

    def _put_header(self, report: Report) -> None:
        names = report.columns.names
        if all(_PLAIN.fullmatch(name) and self._delimiter not in name for name in names):
            # by hand: Polars sets up a query for it, which takes as long as the rows of a small file
            header = f"{self._delimiter.join(names)}{self._line_end}".encode()
            self._stream.write_with(lambda file: file.write(header))
            return
        self._put(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), header=True)

    def write(self, batch: pl.DataFrame) -> None:
        if batch.height:
            self._put(batch.select(self._cells), header=False)

    def _put(self, cells: pl.DataFrame, *, header: bool) -> None:
        self._stream.write_with(
            lambda file: cells.write_csv(
                file,
                separator=self._delimiter,
                include_header=header,
                datetime_format=DATETIME,
                line_terminator=self._line_end,
            )
        )

    def finish(self) -> None:
        self._stream.close()

    def abort(self) -> None:
        self._stream.close()


class ExcelCsvWriter(CsvWriter):
    """Profile `excel`: the marks of the locale, lines that end in CR LF, and texts that Excel does not compute."""

    _line_end = "\r\n"

    def _columns(self, report: Report, options: WriteOptions) -> list[pl.Expr]:
        return excel_columns(report, options)

    def _begin(self, options: WriteOptions) -> None:
        if options.encoding.lower() in UTF8:
            self._stream.write_with(lambda file: file.write(BYTE_ORDER_MARK))

    def _put_header(self, report: Report) -> None:
        # As a row: a header that differs from the column's name by its apostrophe could be one twice.
        names = pl.DataFrame(
            [[name] for name in report.columns], schema=[f"{each}" for each in range(len(report.columns))]
        )
        self._put(names.select(harmless(pl.all())), header=False)
