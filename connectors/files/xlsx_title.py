"""What stands above a sheet's table: the report's title and byline, the section's heading and text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from connectors.files.report import Part, Report
from connectors.files.xlsx_book import Book, Sheet
from connectors.files.xlsx_columns import ACCENT, INK, QUIET
from connectors.files.xlsx_lines import line, text_cell

_LOGO_PIXELS = 44.0
_LINE = 15.0
"""Points of a line of text."""
_LEAST_WIDTH = 60.0
"""Characters that running text may take where the table is narrower."""


class Title:
    def __init__(self, part: Part, report: Report, book: Book) -> None:
        self._part, self._report, self._book = part, report, book

    def write(self, sheet: Sheet, widths: Sequence[float]) -> None:
        """The lines above the table, the last of them empty."""
        report, part = self._report, self._part
        self._put(sheet, report.heading, 27, bold=True, font_size=16, font_color=ACCENT)
        self._put(sheet, report.byline, 15, font_size=9, font_color=QUIET)
        if report.logo is not None:
            self._put_logo(sheet, report.logo, widths)
        if part.heading:
            sheet.row += 1
            self._put(sheet, part.heading, 21, bold=True, font_size=13, font_color=INK)
        if part.text:
            write_paragraph(sheet, self._book, part.text, widths, font_color=INK)
        sheet.row += 1

    def _put(self, sheet: Sheet, text: str, height: float, **look: Any) -> None:
        sheet.worksheet.set_row(sheet.row, height)
        style = self._book.style(valign="vcenter", **look)
        sheet.put(line(sheet.row, [text_cell(sheet.row, 0, text, style)], height=height))
        sheet.row += 1

    def _put_logo(self, sheet: Sheet, logo: bytes, widths: Sequence[float]) -> None:
        """At the right end of the table, or right of the title where that is longer."""
        from xlsxwriter.image import Image

        image = Image(BytesIO(logo))
        scale = _LOGO_PIXELS / float(image._height or _LOGO_PIXELS)
        width = float(image._width or 0) * scale * (96 / (image._x_dpi or 96))
        scale_y = scale * (image._y_dpi or 96) / 96
        left = max(sum(each * 7 + 5 for each in widths) - width, len(self._report.heading) * 12 + 24.0)
        sheet.worksheet.insert_image(0, 0, "logo", {
            "image_data": BytesIO(logo), "x_offset": left, "y_offset": 4, "x_scale": scale, "y_scale": scale_y,
            "object_position": 3, "description": f"Logo of {self._report.heading}",
        })  # fmt: skip


def write_paragraph(sheet: Sheet, book: Book, text: str, widths: Sequence[float], **look: Any) -> None:
    """Running text over the table's columns, in as many lines as it needs there."""
    columns, total = len(widths), sum(widths)
    while total < _LEAST_WIDTH:
        columns, total = columns + 1, total + 8.43
    while columns > 2 and total - (widths[columns - 1] if columns <= len(widths) else 8.43) > 110:
        total -= widths[columns - 1] if columns <= len(widths) else 8.43
        columns -= 1
    lines = sum(max(1, math.ceil(len(each) / (total * 1.05))) for each in text.split("\n"))
    style = book.format(text_wrap=True, valign="top", **look)
    if columns > 1:
        sheet.worksheet.merge_range(sheet.row, 0, sheet.row, columns - 1, "", style)
    height = min(400.0, lines * _LINE + 3)
    sheet.worksheet.set_row(sheet.row, height)
    sheet.put(line(sheet.row, [text_cell(sheet.row, 0, text, style._get_xf_index())], height=height))
    sheet.row += 1
