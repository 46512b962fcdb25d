"""Where a table stands on one of its sheets."""

from __future__ import annotations

from dataclasses import field

from connectors.files.xlsx_book import Sheet
from ir.records import dataclass


@dataclass(slots=True)
class Place:
    """A sheet of a table: the row its header is or would be in, and where its rows are, counted from 0."""

    sheet: Sheet
    header: int
    rows: list[tuple[int, int]] = field(default_factory=list)
    """The first and the last of each block of rows without headings and subtotals between them."""
    end: int = 0
    """The row behind the last line of the table, its total left out."""

    def add(self, first: int, last: int) -> None:
        if self.rows and self.rows[-1][1] == first - 1:
            self.rows[-1] = (self.rows[-1][0], last)
        else:
            self.rows.append((first, last))
