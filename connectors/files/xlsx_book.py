"""The workbook around its sheets: styles, properties, and the package that all of it is put into.

XlsxWriter makes every part but the rows: it is given sheets without cells, and the rows stand in their place.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC
from io import BytesIO
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.sharedstrings import SharedStringTable
from xlsxwriter.worksheet import Worksheet

from connectors.files.report import Report
from connectors.files.xlsx_archive import PackedRows, add_part, add_sheet
from connectors.files.xlsx_formats import free_sheet_name

_ROWS = re.compile(rb"<sheetData/>|<sheetData>.*</sheetData>", re.DOTALL)
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_FONT = {"font_name": "Calibri", "font_size": 11}


class Sheet:
    """A sheet whose rows are written as XML; `row` is how many there are, `columns` how wide they are."""

    def __init__(self, name: str, worksheet: Worksheet) -> None:
        self.name, self.worksheet, self.rows = name, worksheet, PackedRows()
        self.row = 0
        self.last_cell = "A1"
        self.links = 0

    def put(self, xml: str) -> None:
        self.rows.add(xml.encode())


class Book:
    """All sheets of a file, and the styles they share."""

    def __init__(self, report: Report) -> None:
        self._memory = BytesIO()
        self._book = xlsxwriter.Workbook(
            self._memory, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._book.set_properties(_properties(report))
        self._book.set_size(1600, 1000)
        self._styles: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._numbers: dict[tuple[tuple[str, Any], ...], int] = {}
        self._names: set[str] = set()
        self.sheets: list[Sheet] = []

    def add_sheet(self, name: str, *, is_hidden: bool = False) -> Sheet:
        """A sheet of that name, or of one like it where it is taken or Excel would not have it."""
        found = Sheet(name, self._book.add_worksheet(name))
        if is_hidden:
            found.worksheet.hide()
        self.sheets.append(found)
        return found

    def free_name(self, text: str) -> str:
        """A sheet's name made of the text, kept for who asked."""
        name = free_sheet_name(text, self._names)
        self._names.add(name.casefold())
        return name

    def format(self, **properties: Any) -> Format:
        """One format object for equal properties: a workbook's style table is limited."""
        key = tuple(sorted(properties.items()))
        if key not in self._styles:
            self._styles[key] = self._book.add_format({**_FONT, **properties})
        return self._styles[key]

    def style(self, **properties: Any) -> int:
        """The number of a style in cells' XML."""
        key = tuple(properties.items())
        if key not in self._numbers:
            self._numbers[key] = self.format(**properties)._get_xf_index()
        return self._numbers[key]

    def difference(self, **properties: Any) -> Format:
        """What a conditional format lays over a cell's own style."""
        return self._book.add_format(properties)

    def chart(self, kind: dict[str, str]) -> Any:
        return self._book.add_chart(kind)

    def write_to(self, file: IO[bytes]) -> None:
        """The package: XlsxWriter's parts, the sheets among them with their rows."""
        for sheet in self.sheets:
            sheet.worksheet.table.clear()  # a table's header, which is in the rows already
        self._book.str_table = SharedStringTable()
        self._book.close()
        with zipfile.ZipFile(self._memory) as made, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            rows = dict(zip(_sheet_parts(), self.sheets, strict=False))
            for name in made.namelist():
                content = made.read(name)
                own = rows.get(name)
                if own is None:
                    add_part(archive, name, content)
                    continue
                found = _ROWS.search(content)
                assert found is not None
                dimension = f'<dimension ref="A1:{own.last_cell}"/>'.encode()
                head = _DIMENSION.sub(dimension, content[: found.start()], count=1)
                add_sheet(archive, name, head + b"<sheetData>", own.rows, b"</sheetData>" + content[found.end() :])

    def close(self) -> None:
        self._book.fileclosed = True
        with ExitStack() as closing:
            for sheet in self.sheets:
                closing.callback(sheet.rows.close)


def _sheet_parts() -> Iterator[str]:
    number = 1
    while True:
        yield f"xl/worksheets/sheet{number}.xml"
        number += 1


def _properties(report: Report) -> dict[str, Any]:
    made = report.generated_at.astimezone(UTC).replace(tzinfo=None)
    origin = report.provenance.lines if report.provenance is not None else ()
    return {"title": report.heading, "subject": report.subtitle or "", "created": made,
            "comments": "\n".join(["Made by weirflow", *origin])}  # fmt: skip
