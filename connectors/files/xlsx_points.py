"""The numbers of charts that no table shows as they are drawn: a hidden sheet behind all others."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.files.xlsx_book import Book
from connectors.files.xlsx_lines import line, number_cell, text_cell
from ir.records import dataclass

Cell = float | int | str | None


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of equal length that stand under their names, from the row `first` on, counted from 0."""

    first: int
    names: Sequence[str]
    columns: Sequence[Sequence[Cell]]
    formats: Sequence[str]


class Points:
    """Blocks of numbers one below the other; the sheet is there when the first is asked for."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._blocks: list[Block] = []
        self._row = 0
        self._name: str | None = None

    @property
    def sheet(self) -> str:
        if self._name is None:
            self._name = self._book.free_name("Chart data")
        return self._name

    def add(self, names: Sequence[str], columns: Sequence[Sequence[Cell]], formats: Sequence[str]) -> int:
        """The row that the block's first values are in."""
        self._blocks.append(Block(self._row + 1, names, columns, formats))
        first = self._row + 1
        self._row += len(columns[0]) + 2
        return first

    def finish(self) -> None:
        if not self._blocks:
            return
        sheet = self._book.add_sheet(self.sheet, is_hidden=True)
        bold = self._book.style(bold=True)
        for block in self._blocks:
            styles = [self._book.style(num_format=each) for each in block.formats]
            row = block.first - 1
            sheet.put(line(row, [text_cell(row, index, name, bold) for index, name in enumerate(block.names)]))
            for row, values in enumerate(zip(*block.columns, strict=True), block.first):
                sheet.put(line(row, [_cell(row, index, value, style) for index, (value, style)
                                     in enumerate(zip(values, styles, strict=True))]))  # fmt: skip


def _cell(row: int, column: int, value: Cell, style: int) -> str:
    if value is None:
        return ""
    return text_cell(row, column, value, style) if isinstance(value, str) else number_cell(row, column, value, style)
