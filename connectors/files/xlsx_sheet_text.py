"""A sheet of an existing workbook: its rows and cells as they are written, everything else left as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from html import unescape

from xlsxwriter.utility import xl_cell_to_rowcol

from connectors.problem import ConnectorProblem
from ir.records import dataclass

_DATA = re.compile(r"<sheetData\s*/>|<sheetData\s*>(.*)</sheetData>", re.DOTALL)
_ROW = re.compile(r"<row\b((?:[^>\"]|\"[^\"]*\")*?)(?:/>|>(.*?)</row>)", re.DOTALL)
_CELL = re.compile(r"<c\b((?:[^>\"]|\"[^\"]*\")*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_ADDRESS = re.compile(r'\s*\br="([A-Z]{1,3}[0-9]+)"')
_NUMBER = re.compile(r'\s*\br="([0-9]+)"')
_SPANS = re.compile(r'\s*\bspans="[^"]*"')
_STYLE = re.compile(r'\bs="([0-9]+)"')
_TYPE = re.compile(r'\bt="(\w+)"')
_TEXTS = re.compile(r"<t\b[^>]*>(.*?)</t>", re.DOTALL)
_VALUE = re.compile(r"<v\b[^>]*>(.*?)</v>", re.DOTALL)
_FORMULA = re.compile(r"<f\b((?:[^>\"]|\"[^\"]*\")*?)(?:/>|>(.*?)</f>)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cell:
    """Its column, counted from 0, its attributes but the address, and what stands between its tags."""

    column: int
    attributes: str
    inner: str

    @property
    def style(self) -> int:
        found = _STYLE.search(self.attributes)
        return int(found[1]) if found else 0

    @property
    def formula(self) -> str | None:
        """The formula's text as XML; None where there is none of its own."""
        found = _FORMULA.search(self.inner)
        return found[2] if found and found[2] else None

    @property
    def is_calculated(self) -> bool:
        return "<f" in self.inner

    def text(self, shared: Sequence[str]) -> str | None:
        """The text it shows, None where it is none."""
        found = _TYPE.search(self.attributes)
        kind = found[1] if found else "n"
        value = _VALUE.search(self.inner)
        if kind == "s" and value is not None:
            index = int(value[1])
            return shared[index] if index < len(shared) else None
        if kind == "inlineStr":
            return unescape("".join(_TEXTS.findall(self.inner)))
        return None


@dataclass(slots=True)
class Row:
    number: int
    attributes: str
    cells: list[Cell] = field(default_factory=list)

    def cell(self, column: int) -> Cell | None:
        return next((each for each in self.cells if each.column == column), None)


@dataclass(slots=True)
class SheetText:
    """The XML before the rows, the rows, and the XML behind them."""

    head: str
    rows: list[Row]
    tail: str

    @classmethod
    def parse(cls, xml: str, name: str) -> SheetText:
        """Raises: ConnectorProblem IR604 for a sheet that is written in a way no spreadsheet program writes."""
        found = _DATA.search(xml)
        if found is None:
            raise _unreadable(name)
        return cls(xml[: found.start()], list(_rows(found[1] or "", name)), xml[found.end() :])


def _rows(text: str, name: str) -> Iterator[Row]:
    for attributes, inner in _ROW.findall(text):
        number = _NUMBER.search(attributes)
        if number is None:
            raise _unreadable(name)
        rest = _SPANS.sub("", _NUMBER.sub("", attributes, count=1))
        row = Row(int(number[1]), rest.rstrip())
        for own, content in _CELL.findall(inner):
            address = _ADDRESS.search(own)
            if address is None:
                raise _unreadable(name)
            column = xl_cell_to_rowcol(address[1])[1]
            row.cells.append(Cell(column, _ADDRESS.sub("", own, count=1).rstrip(), content))
        yield row


def _unreadable(name: str) -> ConnectorProblem:
    return ConnectorProblem(
        "IR604",
        f'the sheet "{name}" of the template is not laid out as spreadsheet programs do',
        key=("options", "template"),
        hint="open it in a spreadsheet program and save it again",
    )
