"""What a run has put into its outbox, read back: the rows of a file, its cells, its text."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from connectors.files.streams import COMPRESSIONS
from ir.model.file_delivery import FileDelivery

ROW_FORMATS = frozenset({"csv", "json", "ndjson", "parquet"})
"""Formats whose rows can be told from the file itself; of others they are those of the frame."""

_CELL = re.compile(r"(?:(?P<sheet>.+)!)?(?P<column>[A-Z]{1,3})(?P<row>[1-9][0-9]*)")
_BREAKS = frozenset({"td", "th", "tr", "p", "div", "li", "br", "h1", "h2", "h3", "h4", "caption", "title"})


class Unreadable(Exception):
    """What a test asks of a file and the file cannot answer; the message says why."""


def rows_of(path: Path, delivery: FileDelivery) -> list[dict[str, Any]]:
    """The rows of a data file; those of a CSV are texts, where an empty field is null."""
    match delivery.format:
        case "csv":
            header, *lines = _csv_lines(path, delivery) or [[]]
            if delivery.options.header is False:
                raise Unreadable("a file without a header has no columns to name: expect its cells, or how many rows")
            return [{name: text or None for name, text in zip(header, line, strict=False)} for line in lines]
        case "json":
            found: list[dict[str, Any]] = json.loads(_text(path, delivery), parse_float=Decimal)
            return found
        case "ndjson":
            return [json.loads(line, parse_float=Decimal) for line in _text(path, delivery).splitlines() if line]
        case _:
            import polars as pl

            return pl.read_parquet(path).to_dicts()


def cells_of(path: Path, delivery: FileDelivery, wanted: list[str]) -> dict[str, Any]:
    """The values of cells named as A1 or Sheet!A1; of a formula, the formula where it was asked for, see `formulas`."""
    if delivery.format == "csv":
        return {each: _csv_cell(_csv_lines(path, delivery), each) for each in wanted}
    if delivery.format != "xlsx":
        raise Unreadable(f"a {delivery.format} file has no cells: expect its rows or its text")
    return _sheet_cells(path, wanted, computed=True)


def formulas_of(path: Path, wanted: list[str]) -> dict[str, Any]:
    """The same cells of a workbook with a formula in place of its value."""
    return _sheet_cells(path, wanted, computed=False)


def text_of_file(path: Path, delivery: FileDelivery) -> str:
    """The text that a reader of the file sees; runs of white space count as one blank in documents."""
    match delivery.format:
        case "pdf":
            return _in_one_line(_pdf_text(path))
        case "html":
            return _in_one_line(visible(_text(path, delivery)))
        case "xlsx":
            return _in_one_line(_sheet_text(path))
        case "parquet":
            raise Unreadable("a parquet file has no text: expect its rows")
    return _text(path, delivery)


def is_document(delivery: FileDelivery) -> bool:
    """Whether white space in the text of such a file is a matter of layout."""
    return delivery.format in {"pdf", "html", "xlsx"}


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _text(path: Path, delivery: FileDelivery) -> str:
    encoding = delivery.options.encoding or "utf-8"
    text = _unpacked(path, delivery).decode("utf-8-sig" if encoding.lower().replace("_", "-") == "utf-8" else encoding)
    return text.removeprefix("\ufeff")


def _unpacked(path: Path, delivery: FileDelivery) -> bytes:
    raw = path.read_bytes()
    match COMPRESSIONS.get(delivery.options.compression or ""):
        case "gzip":
            return gzip.decompress(raw)
        case "bz2":
            return bz2.decompress(raw)
        case "zstd":
            import pyarrow as pa

            with pa.CompressedInputStream(pa.BufferReader(raw), "zstd") as stream:
                unpacked: bytes = stream.read()
                return unpacked
    return raw


def _csv_lines(path: Path, delivery: FileDelivery) -> list[list[str]]:
    text = _text(path, delivery)
    head = text.partition("\n")[0]
    is_excel = delivery.options.profile == "excel" and head.count(";") > head.count(",")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delivery.options.delimiter or ";,"[not is_excel]))


def _csv_cell(lines: list[list[str]], name: str) -> str | None:
    sheet, column, row = _cell_place(name)
    if sheet is not None:
        raise Unreadable(f"a CSV file has no sheets: write {name.rpartition('!')[2]}")
    return (lines[row][column] or None) if row < len(lines) and column < len(lines[row]) else None


def _cell_place(name: str) -> tuple[str | None, int, int]:
    found = _CELL.fullmatch(name)
    if found is None:
        raise Unreadable(f'"{name}" names no cell: write A1, or Sheet!A1')
    column = 0
    for letter in found["column"]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return found["sheet"], column - 1, int(found["row"]) - 1


def _workbook(path: Path, *, computed: bool) -> Any:
    try:
        import openpyxl
    except ImportError as error:
        raise Unreadable("cells of a workbook are read with openpyxl: pip install 'weirflow[testing]'") from error
    return openpyxl.load_workbook(path, data_only=computed)


def _sheet_cells(path: Path, wanted: list[str], *, computed: bool) -> dict[str, Any]:
    book = _workbook(path, computed=computed)
    found: dict[str, Any] = {}
    for name in wanted:
        sheet, column, row = _cell_place(name)
        if sheet is not None and sheet not in book.sheetnames:
            raise Unreadable(f'there is no sheet "{sheet}"; the sheets are: {", ".join(book.sheetnames)}')
        found[name] = (book[sheet] if sheet else book.worksheets[0]).cell(row + 1, column + 1).value
    return found


def _sheet_text(path: Path) -> str:
    book = _workbook(path, computed=True)
    return " ".join(str(value) for sheet in book for row in sheet.values for value in row if value is not None)


def _pdf_text(path: Path) -> str:
    try:
        import pypdf
    except ImportError as error:
        raise Unreadable("the text of a PDF is read with pypdf: pip install 'weirflow[testing]'") from error
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def visible(page: str) -> str:
    """The text of a page without its tags."""
    reader = _Visible()
    reader.feed(page)
    return "".join(reader.texts)


class _Visible(HTMLParser):
    """Collects the text of a page without its styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"style", "script"}
        self.texts += [" "] if tag in _BREAKS else []

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "script"}
        self.texts += [" "] if tag in _BREAKS else []

    def handle_data(self, data: str) -> None:
        self.texts += [] if self._hidden else [data]
