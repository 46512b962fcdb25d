"""Rows of a table on their way to their pages: first each gets its place, then all are written at once."""

from __future__ import annotations

from itertools import accumulate

import polars as pl

from connectors.files.pdf_cells import BASE, heights, row_lines
from connectors.files.pdf_colours import BAND, RULE
from connectors.files.pdf_columns import Columns
from connectors.files.pdf_layout import ROW, Placed
from connectors.files.pdf_shading import Shading
from connectors.files.pdf_sheet import Sheet
from connectors.files.pdf_table_lines import TableLines
from connectors.files.report import Part


class PlacedRows:
    """Some rows of a table. Their operators need their places and marks, which pages give one after the other; pages
    hold room for them until then."""

    def __init__(self, rows: pl.DataFrame, columns: Columns, *, has_tags: bool) -> None:
        self.rows, self.has_tags = rows, has_tags
        self.cells = columns.cells(rows)
        self._columns = columns
        self._heights = heights(self.cells)
        self._bases: list[int] = []
        self._marks: list[list[int]] = [[] for _ in columns.layout.groups]
        self._texts: list[tuple[list[str], int, int, int, int]] = []
        self._grounds: list[tuple[list[str], int, int, int, int, int]] = []

    def height(self, row: int) -> int:
        return self._heights[row] if self._heights else ROW

    def sums(self, start: int, count: int) -> list[int] | None:
        """How high the first 0, 1, 2 … of these rows are together; None where each is `ROW`."""
        return list(accumulate(self._heights[start : start + count], initial=0)) if self._heights else None

    def top(self, row: int) -> int:
        """How far down the row begins; known once it was placed."""
        return -self._bases[row] - BASE

    def place(self, start: int, count: int, y: int) -> None:
        """The next rows stand below each other from `y` on."""
        if self._heights is None:
            first = -(y + BASE)
            self._bases += range(first, first - count * ROW, -ROW)
        else:
            tops = accumulate(self._heights[start : start + count - 1], initial=y)
            self._bases += [-(top + BASE) for top in tops]

    def leave(self) -> None:
        """The next row is written otherwise."""
        self._bases.append(0)
        for marks in self._marks:
            marks.append(0)

    def mark(self, group: int, first: int, count: int) -> None:
        """The next rows' cells have the marks from `first` on."""
        columns = len(self._columns.layout.groups[group])
        self._marks[group] += range(first, first + count * columns, columns or 1)

    def hold(self, sheet: Sheet, group: int, start: int, count: int, *, above: int) -> None:
        """Keep room on the sheet for rows that were placed; `above` are the rows of the page before them."""
        self._texts.append((sheet.content, len(sheet.content), group, start, start + count))
        sheet.content.append("")
        self._grounds.append((sheet.ground, len(sheet.ground), group, start, start + count, above))
        sheet.ground.append("")

    def write(self, lines: TableLines, shading: Shading, part: Part, *, is_grouped: bool) -> None:
        """Put the operators of all rows into the room that was kept for them."""
        bases = pl.Series(self._bases, dtype=pl.Int64)
        cells = lines.coloured(self.rows, self.cells, part)
        for group, columns in enumerate(self._columns.layout.groups):
            marks = pl.Series(self._marks[group], dtype=pl.Int64) if self.has_tags else None
            shown = row_lines(columns, cells, align=self._columns.align, marks=marks, heights=bases)
            for content, place, which, start, end in self._texts:
                if which == group:
                    content[place] = "\n".join(shown[start:end])
            behind = self._shaded(columns, shading, bases)
            width = lines.full_width(group)
            for ground, place, which, start, end, above in self._grounds:
                if which == group:
                    boxes = self._ruled(start, end, width) if is_grouped else self._banded(start, end, above, width)
                    parts = [*behind[start:end], boxes] if is_grouped else [boxes, *behind[start:end]]
                    ground[place] = "\n".join(each for each in parts if each)

    def _shaded(self, columns: tuple[Placed, ...], shading: Shading, bases: pl.Series) -> list[str]:
        """What stands behind each row's cells; nothing where no column has anything."""
        whole = [self.height(row) for row in range(self.rows.height)]
        found = []
        for column in columns:
            name = self._columns.names[column.index]
            if name in shading.columns:
                boxes = shading.rectangles(name, self.rows, column, bar_room=self._columns.bar_room(column))
                high = pl.when(pl.col("inset") > 0).then(ROW).otherwise(pl.lit(pl.Series(whole, dtype=pl.Int64)))
                boxes = boxes.with_columns(bases.alias("y"), high.alias("h"))
                bottom = pl.col("y") + BASE - pl.col("h") + pl.col("inset")
                found.append(boxes.select(pl.concat_str(
                    [pl.col("c"), pl.lit("rg"), pl.col("x"), bottom, pl.col("w"), pl.col("h") - 2 * pl.col("inset"),
                     pl.lit("re f")], separator=" ",
                ).fill_null("")).to_series())  # fmt: skip
        return pl.select(pl.concat_str(found, separator="\n")).to_series().to_list() if found else []

    def _bottom(self, row: int) -> int:
        return self._bases[row] + BASE - self.height(row)

    def _ruled(self, start: int, end: int, width: int) -> str:
        """A line below each row."""
        lines = " ".join(f"0 {bottom} m {width} {bottom} l" for bottom in map(self._bottom, range(start, end)))
        return f"{RULE} RG 45 w {lines} S"

    def _banded(self, start: int, end: int, above: int, width: int) -> str:
        """A band under every second row of the page."""
        rows = range(start + (above + 1) % 2, end, 2)
        bands = " ".join(f"0 {self._bottom(row)} {width} {self.height(row)} re" for row in rows)
        return f"{BAND} rg {bands} f" if bands else ""
