"""XLSX: a titled, styled sheet with native number formats, streamed row by row."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC
from io import BufferedWriter, FileIO
from pathlib import Path
from traceback import clear_frames
from typing import TYPE_CHECKING, Any

import polars as pl
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from connectors.files.fitting import fitted_formats
from connectors.files.report import Report
from connectors.files.writing import BlockWriter, WriteOptions
from connectors.files.xlsx_cells import Column, sheet_columns
from connectors.files.xlsx_formats import sheet_name, sheet_names
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SHEET_ROWS = 1_048_576
SHEET_COLUMNS = 16_384
ROWS_AT_ONCE = 20_000
"""Their XML is a kilobyte a row in memory."""
ACCENT, QUIET = "#1F4E79", "#66788A"


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> XlsxWriter:
    return XlsxWriter(path, report=report, options=options)


class AbandonableFile(FileIO):
    """A file that swallows what comes once it is given up.

    XlsxWriter leaves a ZipFile behind when it is stopped, which writes its directory when the error's frames let go
    of it; on a full disk or into a closed file that would fail again, with a traceback nobody can catch.
    """

    abandoned = False

    def write(self, data: ReadableBuffer, /) -> int:
        return len(memoryview(data)) if self.abandoned else super().write(data)


class XlsxWriter(BlockWriter):
    """Title and byline, the header frozen under them, a filter over the table; a full sheet rolls to the next.

    The first batch is the sample that column widths are fitted to, since in a streamed sheet they stand before
    the rows. Rows leave memory as they are written (XlsxWriter's constant_memory).
    """

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        if len(report.columns) > SHEET_COLUMNS:
            raise ConnectorProblem(
                "IR604",
                f"a sheet holds {SHEET_COLUMNS:,} columns, and this frame has {len(report.columns):,}",
                key=("format",),
                hint="deliver fewer with `columns`, or write csv or parquet",
            )
        self._report = report
        self._options = options
        self._raw = AbandonableFile(path, "wb")
        self._file = BufferedWriter(self._raw)
        self._book = xlsxwriter.Workbook(
            self._file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        made = report.generated_at.astimezone(UTC).replace(tzinfo=None)
        self._book.set_properties({"title": report.heading, "created": made, "comments": "Made by weirflow"})
        self._styles: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._names = sheet_names(sheet_name(options.sheet_name or report.heading))
        self._columns: list[Column] | None = None
        self._sheet: Worksheet | None = None
        self._row = 0
        self._header_row = 0
        self._cut = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        if not self._cut:
            return ()
        return (f"{self._cut} text cells were longer than the 32,767 characters a sheet's cell holds, and are cut",)

    def write(self, batch: pl.DataFrame) -> None:
        if self._columns is None:
            self._begin(batch)
        assert self._columns is not None
        start = 0
        while start < batch.height:
            if self._sheet is None or self._row >= SHEET_ROWS:
                self._close_sheet()
                self._open_sheet()
            rows = min(batch.height - start, SHEET_ROWS - self._row, ROWS_AT_ONCE)
            self._put(batch.slice(start, rows))
            start += rows

    def _begin(self, sample: pl.DataFrame) -> None:
        formats = fitted_formats(self._report.tables[0], sample, date_format=self._options.date_format)
        self._columns = sheet_columns(self._report, formats, sample)

    def _put(self, rows: pl.DataFrame) -> None:
        """The rows as XML into the file that constant_memory keeps a sheet's finished rows in."""
        assert self._columns is not None
        assert self._sheet is not None
        self._cut += sum(column.too_long(rows) for column in self._columns)
        styles = [self._style(**column.style)._get_xf_index() for column in self._columns]
        row = (pl.int_range(pl.len()) + self._row + 1).cast(pl.String)
        cells = [column.xml(index, style=style, row=row)
                 for index, (column, style) in enumerate(zip(self._columns, styles, strict=True))]  # fmt: skip
        lines = rows.select(pl.concat_str([pl.lit('<row r="'), row, pl.lit('">'), *cells, pl.lit("</row>\n")]))
        self._sheet._write_single_row(self._row)
        self._sheet.row_data_fh.write("".join(lines.to_series()))
        self._row += rows.height
        self._sheet._check_dimensions(self._row - 1, len(self._columns) - 1)
        self._sheet.previous_row = self._row

    def _open_sheet(self) -> None:
        assert self._columns is not None
        sheet = self._sheet = self._book.add_worksheet(next(self._names))
        sheet.hide_gridlines(2)
        for index, column in enumerate(self._columns):
            sheet.set_column(index, index, column.width)
        self._row = 0
        if not self._options.excel_table:
            sheet.set_row(0, 26)
            sheet.write_string(0, 0, self._report.heading, self._style(bold=True, font_size=16, font_color=ACCENT))
            sheet.write_string(1, 0, self._report.byline, self._style(font_size=9, font_color=QUIET))
            self._row = 3
        self._header_row = self._row
        if self._options.header:
            tall = max((column.header_lines for column in self._columns), default=1)
            sheet.set_row(self._row, 6 + 15 * tall)
            for index, (column, name) in enumerate(zip(self._columns, self._headers(), strict=True)):
                sheet.write_string(self._row, index, name, self._header_style(column))
            self._row += 1
        sheet.freeze_panes(self._row, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(self._header_row)
        sheet.set_footer("&L&8&A&R&8Page &P of &N")

    def _close_sheet(self) -> None:
        if self._sheet is None or not self._columns or not self._options.header or self._row == self._header_row + 1:
            return
        area = (self._header_row, 0, self._row - 1, len(self._columns) - 1)
        if self._options.excel_table:
            self._add_table(self._sheet, area)
        else:
            self._sheet.autofilter(*area)

    def _add_table(self, sheet: Worksheet, area: tuple[int, int, int, int]) -> None:
        """An Excel table over rows that are written already.

        XlsxWriter refuses tables in a streamed sheet, since it would write their cells; here they are there, so it
        is told otherwise for a moment and the header cells it writes again are dropped.
        """
        sheet._write_single_row(self._row)
        sheet.constant_memory = 0
        names = [{"header": name} for name in self._headers()]
        sheet.add_table(*area, {"columns": names, "style": "Table Style Medium 2"})
        sheet.constant_memory = 1
        sheet.table.clear()

    def _headers(self) -> list[str]:
        """The columns' names, told apart as a table demands it where they differ in case only."""
        assert self._columns is not None
        if not self._options.excel_table:
            return [column.name for column in self._columns]
        names: dict[str, str] = {}
        for column in self._columns:
            name, number = column.name or "Column", 2
            while name.casefold() in names:
                name, number = f"{column.name or 'Column'} ({number})", number + 1
            names[name.casefold()] = name
        return list(names.values())

    def _header_style(self, column: Column) -> Format:
        align = column.style["align"]
        return self._style(
            bold=True, font_color="#FFFFFF", bg_color=ACCENT, bottom=1, bottom_color=ACCENT,
            valign="vcenter", align=align, indent=int(align == "left"), text_wrap=column.header_lines > 1,
        )  # fmt: skip

    def _style(self, **properties: Any) -> Format:
        """One format object for equal properties: a workbook's style table is limited."""
        key = tuple(sorted(properties.items()))
        if key not in self._styles:
            self._styles[key] = self._book.add_format({"font_name": "Calibri", "font_size": 11, **properties})
        return self._styles[key]

    def finish(self) -> None:
        if self._columns is None:
            self._begin(pl.DataFrame(schema=dict.fromkeys(self._report.columns.names, pl.String)))
        if self._sheet is None:
            self._open_sheet()
            assert self._sheet is not None
            message = self._report.empty_message or "No rows"
            self._sheet.write_string(self._row, 0, message, self._style(italic=True, font_color=QUIET))
        self._close_sheet()
        try:
            self._book.close()
        except BaseException as error:  # a full disk, or Ctrl-C
            cause = error.args[0] if isinstance(error, FileCreateError) else error
            self._raw.abandoned = True
            clear_frames(cause.__traceback__)
            raise cause from None
        self._file.close()

    def abort(self) -> None:
        self._book.fileclosed = True
        self._raw.abandoned = True
        with ExitStack() as closing:  # each of them, also where the disk is too full to close one
            closing.callback(self._file.close)
            for sheet in self._book.worksheets():
                closing.callback(Path(sheet.row_data_filename).unlink, missing_ok=True)
                closing.callback(sheet._opt_close)
