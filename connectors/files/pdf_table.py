"""A table on its pages: a header on each, rows that keep together, groups with their headings and subtotals."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

import polars as pl

from connectors.files.pdf_cells import Cells, row_lines
from connectors.files.pdf_cells import heights as heights_of
from connectors.files.pdf_colours import BAND, INK, RULE
from connectors.files.pdf_columns import BEGINNING, Columns
from connectors.files.pdf_flow import Flow
from connectors.files.pdf_groups import Group, Groups, Opens
from connectors.files.pdf_layout import GAP, LINE, ROW, Placed
from connectors.files.pdf_lettering import Lettering
from connectors.files.pdf_links import Link, is_followed
from connectors.files.pdf_outline import MOST
from connectors.files.pdf_shading import Shading
from connectors.files.pdf_sheet import Sheet
from connectors.files.pdf_table_lines import TableLines
from connectors.files.pdf_tags import Element
from connectors.files.report import Facts, Part, Report

BASE = ROW - 560
"""From the upper edge of a row down to the line its letters stand on."""


@dataclass(slots=True)
class _Placed:
    """What a batch's rows got on their way: where each stands, its marks, and what waits for their operators."""

    ys: list[int] = field(default_factory=list)
    marks: list[list[int]] = field(default_factory=list)
    texts: list[tuple[list[str], int, int, int, int]] = field(default_factory=list)
    grounds: list[tuple[list[str], int, int, int, int]] = field(default_factory=list)


class PdfTable:
    """One table. Heights and widths are in thousandths of its letter size, downwards from where it begins on a page."""

    def __init__(
        self,
        part: Part,
        facts: Facts,
        columns: Columns,
        *,
        flow: Flow,
        lettering: Lettering,
        report: Report,
        section: Element,
        below: float = 0.0,
    ) -> None:
        """`below` is the height of what stays with the table's end, in points."""
        self._part, self._facts, self._columns = part, facts, columns
        self._flow, self._lettering, self._tags = flow, lettering, flow.document.tags
        self._unit = columns.layout.unit
        self._section = section
        self._groups = Groups(columns.groups)
        self._shading = Shading(part, facts)
        self._lines = TableLines(columns, lettering=lettering, tags=self._tags)
        self._tables = [self._tags.open("Table", section) for _ in columns.layout.groups]
        self._bodies: dict[int, Element] = {}
        self._is_grouped = bool(part.group_by.names and facts.subtotals)
        self._left = facts.rows
        self._below = int(below / self._unit)
        self._y = self._depth = self._rows_here = 0
        self._begin(first=True)

    # A run is the table's share of one page, or of pages side by side.

    @property
    def _sheets(self) -> list[Sheet]:
        return self._flow.sheets

    def _begin(self, *, first: bool) -> None:
        """Open the run on the page: its header, and the headings of the groups that go on."""
        flow = self._flow
        self._is_fresh = flow.is_fresh
        self._depth, self._y, self._rows_here = int(flow.left / self._unit), 0, 0
        origin = f"q {self._unit:g} 0 0 {self._unit:g} {flow.paper.left:g} {flow.paper.height - flow.y:.2f} cm"
        self._bodies = {}
        for group, (sheet, table) in enumerate(zip(self._sheets, self._tables, strict=True)):
            sheet.ground.append(origin)
            sheet.content.append(origin)
            self._lines.header(group, sheet, table if first else None)
            sheet.content.append(f"{INK} rg BT {self._lettering.select}")
        self._y = self._lines.header_height

    def _end(self) -> None:
        """Close the run."""
        for group, sheet in enumerate(self._sheets):
            if self._rows_here:
                sheet.ground.append(self._lines.rule(group, self._y, RULE, 60))
            sheet.ground.append("Q")
            sheet.content.append("ET Q")
        for body in self._bodies.values():
            self._tags.close(body)
        self._flow.y += self._y * self._unit

    def _body(self, group: int) -> Element:
        """The rows of the run, as an element of the table."""
        if group not in self._bodies:
            self._bodies[group] = self._tags.open("TBody", self._tables[group])
        return self._bodies[group]

    def _turn(self) -> None:
        self._end()
        self._flow.turn(sheets=len(self._sheets))
        self._begin(first=False)
        for group in self._groups.path:
            self._heading(group, continued=True)

    # Rows

    def add(self, rows: pl.DataFrame) -> None:
        """Place the rows, then write them where they were placed."""
        tagged = self._tags.take_rows(rows.height)
        for part, has_tags in ((rows.head(tagged), True), (rows.slice(tagged), False)):
            if part.height:
                self._add(part, has_tags=has_tags)

    def _add(self, rows: pl.DataFrame, *, has_tags: bool) -> None:
        cells = self._columns.cells(rows)
        heights = heights_of(cells)
        placed = _Placed(marks=[[] for _ in self._tables])
        row = 0
        for step in self._groups.steps(rows.height):
            if isinstance(step, Opens):
                self._open_groups(step.groups, heights[row] if heights else ROW)
                continue
            self._place(rows, cells, heights, row, step.count, step.ends, placed, has_tags=has_tags)
            row += step.count
            for group in step.ends:
                self._subtotal(group)
        self._write(rows, cells, heights, placed, has_tags=has_tags)

    def _open_groups(self, groups: tuple[Group, ...], first_row: int) -> None:
        """The headings of groups that begin, which stay with the first row."""
        room = sum(map(self._heading_height, groups)) + first_row
        if self._y + room > self._depth and self._rows_here:
            # `path` holds the new groups already, and a heading that has not been is not continued.
            path, self._groups.path = self._groups.path, self._groups.path[: groups[0].level]
            self._turn()
            self._groups.path = path
        for group in groups:
            self._heading(group, continued=False)

    def _heading_height(self, group: Group) -> int:
        return max(self._lines.heading_height(group, index) for index in range(len(self._tables)))

    def _heading(self, group: Group, *, continued: bool) -> None:
        if not continued and len(self._facts.subtotals[group.level]) <= MOST:
            height = self._flow.paper.height - self._flow.y - self._y * self._unit
            named = 1 if self._part.heading else 0
            self._flow.document.outline.add(group.key, self._flow.sheet, height, level=group.level + named)
        for index, sheet in enumerate(self._sheets):
            self._lines.heading(group, index, sheet, None if continued else self._body(index), self._y)
        self._y += self._heading_height(group)

    def _subtotal(self, group: Group) -> None:
        line = self._columns.totals.of(group.level, group.index, group.key)
        if line is None:
            return
        height = max(self._lines.total_height(line, index) for index in range(len(self._tables)))
        for index, sheet in enumerate(self._sheets):
            self._lines.total(line, index, sheet, self._body(index), self._y, is_grand=False)
        self._y += height

    def _kept_below(self, ends: tuple[Group, ...], *, is_last: bool) -> int:
        """The height of the totals that stay with the last row."""
        lines = [self._columns.totals.of(group.level, group.index, group.key) for group in ends]
        if is_last:
            lines.append(self._columns.totals.grand)
        height = sum(max(self._lines.total_height(line, index) for index in range(len(self._tables)))
                     for line in lines if line is not None)  # fmt: skip
        return height + (self._below if is_last else 0)

    def _place(
        self,
        rows: pl.DataFrame,
        cells: dict[int, Cells],
        heights: list[int] | None,
        row: int,
        count: int,
        ends: tuple[Group, ...],
        placed: _Placed,
        *,
        has_tags: bool,
    ) -> None:
        """Give `count` rows their places, page after page."""
        is_last = self._left is not None and self._left == count
        if self._left is not None:
            self._left -= count
        below = self._kept_below(ends, is_last=is_last)
        sums = list(accumulate(heights[row : row + count], initial=0)) if heights else None
        done = 0
        while done < count:
            room = self._depth - self._y
            if sums is None:
                fit = min(count - done, room // ROW)
                used = fit * ROW
            else:
                fit = min(count - done, bisect_right(sums, sums[done] + room) - 1 - done)
                used = sums[done + fit] - sums[done]
            if fit == count - done and used + below > room and (fit > 1 or self._rows_here):
                fit -= 1
                used -= ROW if heights is None else heights[row + done + fit]
            if fit <= 0:
                height = heights[row + done] if heights else ROW
                may_begin = self._columns.is_broken(height) and room >= BEGINNING
                if (self._rows_here or not self._is_fresh) and not may_begin:
                    self._turn()
                    continue
                self._place_tall(cells, row + done, placed)
                done += 1
                continue
            self._segment(rows, heights, row + done, fit, placed, has_tags=has_tags)
            self._y += used
            done += fit

    def _segment(
        self, rows: pl.DataFrame, heights: list[int] | None, start: int, count: int, placed: _Placed, *, has_tags: bool
    ) -> None:
        """Rows that follow each other on a page."""
        if heights is None:
            first = -(self._y + BASE)
            placed.ys += range(first, first - count * ROW, -ROW)
        else:
            tops = accumulate(heights[start : start + count - 1], initial=self._y)
            placed.ys += [-(top + BASE) for top in tops]
        for group, (sheet, columns) in enumerate(zip(self._sheets, self._columns.layout.groups, strict=True)):
            links = self._links(rows, heights, start, count, columns, placed.ys)
            sheet.annotations += [link.number for link in links.values()]
            if has_tags:
                first = self._tags.cells(self._body(group), sheet, rows=count, columns=len(columns), links=links)
                placed.marks[group] += range(first, first + count * len(columns), len(columns) or 1)
            else:
                for link in links.values():
                    self._flow.document.objects.pack(link.number, link.dictionary())
                sheet.content.append(self._tags.whole("P", self._section, sheet))
            placed.texts.append((sheet.content, len(sheet.content), group, start, start + count))
            sheet.content.append("")
            if not has_tags:
                sheet.content.append("EMC")
            placed.grounds.append((sheet.ground, len(sheet.ground), group, start, start + count))
            sheet.ground.append("")
        self._rows_here += count

    def _links(
        self,
        rows: pl.DataFrame,
        heights: list[int] | None,
        start: int,
        count: int,
        columns: tuple[Placed, ...],
        ys: list[int],
    ) -> dict[int, Link]:
        """The links of a segment's cells, by the cell's number row by row."""
        found: dict[int, Link] = {}
        for place, column in enumerate(columns):
            source = self._part.links.get(self._columns.names[column.index])
            if source is None or source not in rows.columns:
                continue
            for offset, address in enumerate(rows[source].slice(start, count)):
                if address and is_followed(address):
                    top = -ys[start + offset] - BASE
                    bottom = top + (heights[start + offset] if heights else ROW)
                    found[offset * len(columns) + place] = self._link(address, column, top, bottom)
        return found

    def _link(self, address: str, column: Placed, top: int, bottom: int) -> Link:
        paper, unit = self._flow.paper, self._unit
        left, height = paper.left + column.left * unit, paper.height - self._flow.y
        area = (left, height - bottom * unit, left + (column.width + GAP) * unit, height - top * unit)
        return Link(number=self._flow.document.objects.reserve(), address=address, area=area)

    def _place_tall(self, cells: dict[int, Cells], row: int, placed: _Placed) -> None:
        """A row higher than a page goes on on the next ones."""
        placed.ys.append(0)
        for marks in placed.marks:
            marks.append(0)
        lines = {
            index: self._lettering.wrapped(cell.texts[row], self._lines.width(index)) if cell.lines is not None else []
            for index, cell in cells.items()
        }
        total, done = max(map(len, lines.values())), 0
        while done < total:
            room = max(1, (self._depth - self._y - (ROW - LINE)) // LINE)
            count = min(room, total - done)
            for group, (sheet, columns) in enumerate(zip(self._sheets, self._columns.layout.groups, strict=True)):
                tr = self._tags.open("TR", self._body(group))
                for column in columns:
                    some = lines[column.index][done : done + count] if len(lines[column.index]) > 1 else None
                    shown = self._lines.cell(column, cells[column.index], row, some, is_first=not done)
                    begun = self._tags.whole("TD", tr, sheet)
                    sheet.content.append(f"{begun} 1 0 0 1 {shown[0]} {-(self._y + BASE)} Tm{shown[1]} EMC")
                self._tags.close(tr)
            self._y += ROW + (count - 1) * LINE
            self._rows_here += 1
            done += count
            if done < total:
                self._turn()

    def _write(
        self, rows: pl.DataFrame, cells: dict[int, Cells], heights: list[int] | None, placed: _Placed, *, has_tags: bool
    ) -> None:
        """The operators of all rows, each behind the place it was given."""
        ys = pl.Series(placed.ys, dtype=pl.Int64)
        high = (
            pl.Series(heights, dtype=pl.Int64)
            if heights
            else pl.Series([ROW], dtype=pl.Int64).new_from_index(0, rows.height)
        )
        coloured = self._lines.coloured(rows, cells, self._part)
        for group, columns in enumerate(self._columns.layout.groups):
            marks = pl.Series(placed.marks[group], dtype=pl.Int64) if has_tags else None
            lines = row_lines(columns, coloured, align=self._columns.align, marks=marks, heights=ys)
            for content, place, which, start, end in placed.texts:
                if which == group:
                    content[place] = "\n".join(lines[start:end])
            behind = self._shaded(rows, columns, ys, high)
            for ground, place, which, start, end in placed.grounds:
                if which == group:
                    ground[place] = self._ground(group, placed.ys, heights, behind, start, end)

    def _shaded(self, rows: pl.DataFrame, columns: tuple[Placed, ...], ys: pl.Series, heights: pl.Series) -> list[str]:
        """What stands behind each row's cells; nothing where no column has anything."""
        found = []
        for column in columns:
            name = self._columns.names[column.index]
            if name in self._shading.columns:
                room = self._columns.bar_room(column)
                boxes = self._shading.rectangles(name, rows, column, bar_room=room).with_columns(
                    ys.alias("y"), pl.when(pl.col("inset") > 0).then(ROW).otherwise(heights).alias("h")
                )
                bottom = pl.col("y") + BASE - pl.col("h") + pl.col("inset")
                found.append(boxes.select(pl.concat_str(
                    [pl.col("c"), pl.lit("rg"), pl.col("x"), bottom, pl.col("w"), pl.col("h") - 2 * pl.col("inset"),
                     pl.lit("re f")], separator=" ",
                ).fill_null("")).to_series())  # fmt: skip
        return pl.select(pl.concat_str(found, separator="\n")).to_series().to_list() if found else []

    def _ground(
        self, group: int, ys: list[int], heights: list[int] | None, behind: list[str], start: int, end: int
    ) -> str:
        """A band under every second row, or lines between the rows of a group; and what is behind the cells."""
        width = self._lines.full_width(group)
        boxes = [(ys[row] + BASE - (heights[row] if heights else ROW), heights[row] if heights else ROW)
                 for row in range(start, end)]  # fmt: skip
        if self._is_grouped:
            lines = " ".join(f"0 {bottom} m {width} {bottom} l" for bottom, _ in boxes[:-1])
            parts = [*behind[start:end], f"{RULE} RG 45 w {lines} S" if lines else ""]
        else:
            bands = " ".join(f"0 {bottom} {width} {height} re" for bottom, height in boxes[1::2])
            parts = [f"{BAND} rg {bands} f" if bands else "", *behind[start:end]]
        return "\n".join(part for part in parts if part)

    # The end

    def finish(self, *, message: str | None) -> None:
        """What stands below the rows: the grand total, or the message where there are none."""
        if message is not None:
            for index, sheet in enumerate(self._sheets):
                self._lines.message(message, index, sheet, self._body(index), self._y)
            self._y += ROW
            self._rows_here += 1
        line = self._columns.totals.grand
        if line is not None:
            height = max(self._lines.total_height(line, index) for index in range(len(self._tables)))
            if self._y + height + self._below > self._depth and self._rows_here:
                self._turn()
            for index, sheet in enumerate(self._sheets):
                self._lines.total(line, index, sheet, self._body(index), self._y, is_grand=True)
            self._y += height
        self._end()

    def close(self) -> Element:
        """The table's element, which a caption may still be put into, once all others are complete."""
        for table in self._tables[1:]:
            self._tags.close(table)
        return self._tables[0]
