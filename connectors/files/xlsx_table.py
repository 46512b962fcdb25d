"""A part's table on its sheets: rows in their groups, totals under them, and a next sheet where one is full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import polars as pl

from connectors.files.fitting import fitted_formats
from connectors.files.report import Facts, Part, Report
from connectors.files.writing import WriteOptions
from connectors.files.xlsx_book import Book, Sheet
from connectors.files.xlsx_cells import Column, rows_xml
from connectors.files.xlsx_columns import ACCENT, BAND, INK, QUIET, sheet_columns
from connectors.files.xlsx_groups import Group, Groups, Spread
from connectors.files.xlsx_lines import blank_cell, letter, line, text_cell
from connectors.files.xlsx_links import Links
from connectors.files.xlsx_place import Place
from connectors.files.xlsx_shading import looks_of
from connectors.files.xlsx_title import Title, write_paragraph
from connectors.files.xlsx_totals import Totals

SHEET_ROWS = 1_048_576
ROWS_AT_ONCE = 20_000
"""Their XML is a kilobyte a row in memory."""


class Table:
    """Takes the rows of one part batch by batch.

    The first batch is the sample that column widths are fitted to, since they stand before the rows.
    """

    def __init__(self, part: Part, facts: Facts, *, report: Report, options: WriteOptions, book: Book,
                 name: str) -> None:  # fmt: skip
        self._part, self._facts, self._report, self._options, self._book = part, facts, report, options, book
        self._name = name
        self._groups = Groups(part, report, facts) if part.group_by.names and facts.subtotals else None
        self._levels = len(part.group_by.names) if self._groups else 0
        self._first = (
            0
            if options.excel_table and self._groups is None
            else int(next(iter(part.columns), None) in part.totals or (self._groups is not None and not part.columns))
        )
        self._columns: list[Column] | None = None
        self._totals: Totals | None = None
        self._links = Links(part)
        self._spread = Spread()
        self.places: list[Place] = []
        self._cut = 0
        self.table_columns: list[dict[str, str]] = []
        """Those of an Excel table whose last row is a total."""
        self._pending: list[str | tuple[int, int]] = []
        self._numbers: list[tuple[int, int]] = []

    @property
    def columns(self) -> list[Column]:
        assert self._columns is not None
        return self._columns

    @property
    def warnings(self) -> Iterator[str]:
        """What its sheets could not keep as it was."""
        if self._cut:
            yield f"{self._cut} text cells were longer than the 32,767 characters a sheet's cell holds, and are cut"
        yield from self._links.warnings

    @property
    def width(self) -> int:
        """How many columns of the sheet the table takes."""
        return max(1, self._first + len(self.columns))

    def write(self, batch: pl.DataFrame) -> None:
        if self._columns is None:
            self._begin(batch)
        for start in range(0, batch.height, ROWS_AT_ONCE):
            self._put(batch.slice(start, ROWS_AT_ONCE))

    def _begin(self, sample: pl.DataFrame) -> None:
        part, report, book = self._part, self._report, self._book
        formats = fitted_formats(part, sample, date_format=self._options.date_format)
        columns = sheet_columns(part, report, formats, sample, self._facts, first=self._first)
        self._columns = [
            replace(each, style_id=book.style(**each.style), looks=looks_of(each, part, book)) for each in columns
        ]
        self._totals = Totals(part, self._facts, self._columns, report, book)

    def _put(self, rows: pl.DataFrame) -> None:
        self._cut += sum(column.too_long(rows) for column in self.columns)
        done = at = 0
        while at < rows.height:
            if not self.places or self._room() <= self._levels:
                self._flush(rows.slice(done, at - done))
                self._open_sheet()
                done = at
            if self._groups is not None:
                for group in self._groups.begin():
                    self._pending.append(self._heading(group))
            count = min(rows.height - at, self._room())
            if self._groups is not None:
                count = min(count, self._groups.rows_left)
            self._take(at - done, count)
            at += count
        self._flush(rows.slice(done, at - done))

    def _room(self) -> int:
        """How many lines the sheet still takes, with those kept that may have to follow them."""
        assert self._totals is not None
        kept = self._levels + int(self._totals.is_any) + (3 if self._part.caption else 0)
        return SHEET_ROWS - kept - self.places[-1].sheet.row

    def _take(self, offset: int, count: int) -> None:
        """Rows of the batch in hand come next in the sheet."""
        place = self.places[-1]
        first = place.sheet.row
        last = first + count - 1
        self._pending.append((offset, count))
        self._numbers.append((first, count))
        place.sheet.row += count
        place.add(first, last)
        self._spread.add(place.sheet.name, first + 1, last + 1)
        if self._groups is None:
            return
        for group in self._groups.open:
            group.spread.add(place.sheet.name, first + 1, last + 1)
        for group in self._groups.take(count):
            self._pending.append(self._subtotal(group))

    def _flush(self, rows: pl.DataFrame) -> None:
        """Write the lines that wait for the sheet: rows of the batch, headings and subtotals as they are."""
        if not rows.height:
            return
        sheet = self.places[-1].sheet
        numbers = pl.Series(list(chain.from_iterable(range(first + 1, first + count + 1)
                                                     for first, count in self._numbers)), dtype=pl.Int64)  # fmt: skip
        lines = rows_xml(rows, self.columns, numbers, level=min(7, self._levels))
        if len(self._pending) == 1:
            sheet.put(lines.str.join("").item())
        else:
            texts = lines.to_list()
            sheet.put("".join(chain.from_iterable(
                (each,) if isinstance(each, str) else texts[each[0] : each[0] + each[1]] for each in self._pending
            )))  # fmt: skip
        self._links.add(rows, self.columns, numbers, sheet)
        self._pending, self._numbers = [], []

    def _heading(self, group: Group) -> str:
        style = self._book.style(bold=True, font_color=ACCENT if group.level == 0 else INK, bg_color=BAND,
                                 valign="vcenter", indent=group.level)  # fmt: skip
        row = self._next_row()
        cells = [text_cell(row, 0, f"{group.key}: {group.text}", style)]
        cells += [blank_cell(row, column, style) for column in range(1, self.width)]
        return line(row, cells, height=21, level=min(7, group.level))

    def _subtotal(self, group: Group) -> str:
        assert self._totals is not None
        if not self._totals.is_any:
            return ""
        row = self._next_row()
        cells = self._totals.group(row, group.text, group.level, group.index, group.spread.ranges, self._first)
        return line(row, cells, height=18, level=min(7, group.level))

    def _next_row(self) -> int:
        sheet = self.places[-1].sheet
        sheet.row += 1
        return sheet.row - 1

    def _open_sheet(self) -> None:
        sheet = self._book.add_sheet(self._name if not self.places else self._book.free_name(self._name))
        worksheet = sheet.worksheet
        worksheet.hide_gridlines(2)
        if self._first:
            worksheet.set_column(0, 0, 16)
        for column in self.columns:
            worksheet.set_column(column.index, column.index, column.width)
        if not self._options.excel_table:
            Title(self._part, self._report, self._book).write(sheet, self.widths)
        header = sheet.row
        if self._options.header:
            self._write_header(sheet)
        worksheet.freeze_panes(sheet.row, 0)
        worksheet.outline_row_level = min(7, self._levels)  # the room for the outline's buttons
        self.places.append(Place(sheet, header))

    @property
    def widths(self) -> list[float]:
        """Of all its columns, in characters."""
        return [*([16.0] if self._first else []), *(each.width for each in self.columns)]

    def _write_header(self, sheet: Sheet) -> None:
        row, tall = sheet.row, max((column.header_lines for column in self.columns), default=1)
        height = 6 + 15 * tall
        cells = [blank_cell(row, 0, self._header_style("left", tall > 1))] if self._first else []
        cells += [
            text_cell(row, column.index, name, self._header_style(column.style["align"], column.header_lines > 1))
            for column, name in zip(self.columns, self.headers, strict=True)
        ]
        sheet.worksheet.set_row(row, height)
        sheet.put(line(row, cells, height=height))
        sheet.row += 1

    def _header_style(self, align: str, is_wrapped: bool) -> int:
        return self._book.style(
            bold=True, font_color="#FFFFFF", bg_color=ACCENT, bottom=1, bottom_color=ACCENT,
            valign="vcenter", align=align, indent=int(align != "center"), text_wrap=is_wrapped,
        )  # fmt: skip

    def _write_total(self, sheet: Sheet, totals: Totals) -> None:
        """The total of everything, which is the last row of an Excel table where it can be one."""
        row = self._next_row()
        if self.is_table and totals.fits_table and len(self.places) == 1:
            self.table_columns = totals.table_columns(self.headers)
            cells = totals.of_table(row, self.table_name, self.headers)
        else:
            cells = totals.grand(row, self._spread.ranges, self._first)
        sheet.worksheet.set_row(row, 20)
        sheet.put(line(row, cells, height=20))

    @property
    def is_table(self) -> bool:
        """Whether its rows become an Excel table, which knows no groups."""
        return self._options.excel_table and self._options.header and self._groups is None

    @property
    def table_name(self) -> str:
        """The name that formulas know the table by."""
        return f"Table{len(self._book.sheets)}"

    @property
    def headers(self) -> list[str]:
        """The columns' names, told apart as a table demands it where they differ in case only."""
        if not self._options.excel_table:
            return [column.name for column in self.columns]
        names: dict[str, str] = {}
        for column in self.columns:
            name, number = column.name[:255] or "Column", 2
            while name.casefold() in names:
                name, number = f"{column.name[:245] or 'Column'} ({number})", number + 1
            names[name.casefold()] = name
        return list(names.values())

    def finish(self) -> None:
        """The lines under the table."""
        if self._columns is None:
            self._begin(self._part.no_rows())
        assert self._totals is not None
        is_empty = not self.places
        if is_empty:
            self._open_sheet()
        place = self.places[-1]
        sheet = place.sheet
        if is_empty:
            message = self._report.empty_message or "No rows"
            row, style = self._next_row(), self._book.style(italic=True, font_color=QUIET, indent=1)
            sheet.put(line(row, [text_cell(row, 0, message, style)]))
        for each in self.places:
            each.end = each.sheet.row
        if not is_empty and self._totals.is_any:
            self._write_total(sheet, self._totals)
        if self._part.caption:
            sheet.row += 1
            write_paragraph(sheet, self._book, self._part.caption, self.widths, font_size=9, font_color=QUIET)
        for each in self.places:
            each.sheet.last_cell = f"{letter(self.width - 1)}{each.sheet.row}"
