"""A table on its pages: a header on each, rows that keep together, groups with their headings and subtotals."""

from __future__ import annotations

from bisect import bisect_right

import polars as pl

from connectors.files.pdf_cells import BASE
from connectors.files.pdf_colours import INK, RULE
from connectors.files.pdf_columns import BEGINNING, Columns
from connectors.files.pdf_flow import Flow
from connectors.files.pdf_groups import Group, Groups, Opens
from connectors.files.pdf_layout import GAP, LINE, ROW, Placed
from connectors.files.pdf_lettering import Lettering
from connectors.files.pdf_links import Link, is_followed
from connectors.files.pdf_outline import MOST
from connectors.files.pdf_rows import PlacedRows
from connectors.files.pdf_shading import Shading
from connectors.files.pdf_sheet import Sheet
from connectors.files.pdf_table_lines import TableLines
from connectors.files.pdf_tags import Element
from connectors.files.report import Facts, Part, Report


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
        placed, row = PlacedRows(rows, self._columns, has_tags=has_tags), 0
        for step in self._groups.steps(rows.height):
            if isinstance(step, Opens):
                self._open_groups(step.groups, placed.height(row))
                continue
            self._place(placed, row, step.count, step.ends)
            row += step.count
            for group in step.ends:
                self._subtotal(group)
        placed.write(self._lines, self._shading, self._part, is_grouped=self._is_grouped)

    def _open_groups(self, groups: tuple[Group, ...], first_row: int) -> None:
        """The headings of groups that begin, which stay with the first row, and that with the totals right below."""
        room = sum(map(self._heading_height, groups)) + first_row
        if groups[-1].rows == 1:
            room += self._kept_below(self._groups.ending(1), is_last=self._left == 1)
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
        if self._y + height > self._depth and self._rows_here:
            self._turn()  # a broken row has left no room
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

    def _place(self, placed: PlacedRows, row: int, count: int, ends: tuple[Group, ...]) -> None:
        """Give `count` rows their places, page after page."""
        is_last = self._left is not None and self._left == count
        if self._left is not None:
            self._left -= count
        below = self._kept_below(ends, is_last=is_last)
        sums = placed.sums(row, count)
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
                used -= placed.height(row + done + fit)
            if fit <= 0:
                may_begin = self._columns.is_broken(placed.height(row + done)) and room >= BEGINNING
                if (self._rows_here or not self._is_fresh) and not may_begin:
                    self._turn()
                    continue
                self._place_tall(placed, row + done)
                done += 1
                continue
            self._segment(placed, row + done, fit)
            self._y += used
            done += fit

    def _segment(self, placed: PlacedRows, start: int, count: int) -> None:
        """Rows that follow each other on a page."""
        placed.place(start, count, self._y)
        for group, (sheet, columns) in enumerate(zip(self._sheets, self._columns.layout.groups, strict=True)):
            links = self._links(placed, start, count, columns)
            sheet.annotations += [link.number for link in links.values()]
            if placed.has_tags:
                first = self._tags.cells(self._body(group), sheet, rows=count, columns=len(columns), links=links)
                placed.mark(group, first, count)
                placed.hold(sheet, group, start, count, above=self._rows_here)
                continue
            for link in links.values():
                self._flow.document.objects.pack(link.number, link.dictionary())
            sheet.content.append(self._tags.whole("P", self._section, sheet))
            placed.hold(sheet, group, start, count, above=self._rows_here)
            sheet.content.append("EMC")
        self._rows_here += count

    def _links(self, placed: PlacedRows, start: int, count: int, columns: tuple[Placed, ...]) -> dict[int, Link]:
        """The links of a segment's cells, by the cell's number row by row."""
        found: dict[int, Link] = {}
        for place, column in enumerate(columns):
            source = self._part.links.get(self._columns.names[column.index])
            if source is None or source not in placed.rows.columns:
                continue
            for row, address in enumerate(placed.rows[source].slice(start, count), start):
                if address and is_followed(address):
                    top = placed.top(row)
                    cell = (row - start) * len(columns) + place
                    found[cell] = self._link(address, column, top, top + placed.height(row))
        return found

    def _link(self, address: str, column: Placed, top: int, bottom: int) -> Link:
        paper, unit = self._flow.paper, self._unit
        left, height = paper.left + column.left * unit, paper.height - self._flow.y
        area = (left, height - bottom * unit, left + (column.width + GAP) * unit, height - top * unit)
        return Link(number=self._flow.document.objects.reserve(), address=address, area=area)

    def _tall_link(
        self, placed: PlacedRows, row: int, column: Placed, cell: Element, sheet: Sheet, lines: int
    ) -> str | None:
        """The operator that begins a link in a cell of a broken row; None where it leads nowhere."""
        source = self._part.links.get(self._columns.names[column.index])
        address = placed.rows[source][row] if source in placed.rows.columns else None
        if not address or not is_followed(address):
            return None
        link = self._link(address, column, self._y, self._y + ROW + (lines - 1) * LINE)
        element = self._tags.open("Link", cell)
        begun = self._tags.mark(element, sheet)
        element.kids.append(f"<</Type/OBJR/Obj {link.number} 0 R>>")
        self._tags.close(element)
        sheet.annotations.append(link.number)
        self._flow.document.objects.pack(link.number, link.dictionary(self._tags.owned(element.number)))
        return begun

    def _place_tall(self, placed: PlacedRows, row: int) -> None:
        """A row higher than a page goes on on the next ones."""
        placed.leave()
        cells = placed.cells
        lines = {
            index: self._lettering.wrapped(cell.texts[row], self._lines.width(index)) if cell.lines is not None else []
            for index, cell in cells.items()
        }
        total, done = max(1, *map(len, lines.values())), 0
        while done < total:
            room = max(1, (self._depth - self._y - (ROW - LINE)) // LINE)
            count = min(room, total - done)
            for group, (sheet, columns) in enumerate(zip(self._sheets, self._columns.layout.groups, strict=True)):
                tr = self._tags.open("TR", self._body(group))
                for column in columns:
                    some = lines[column.index][done : done + count] if len(lines[column.index]) > 1 else None
                    shown = self._lines.cell(column, cells[column.index], row, some, is_first=not done)
                    cell = self._tags.open("TD", tr)
                    begun = self._tall_link(placed, row, column, cell, sheet, count) or self._tags.mark(cell, sheet)
                    sheet.content.append(f"{begun} 1 0 0 1 {shown[0]} {-(self._y + BASE)} Tm{shown[1]} EMC")
                    self._tags.close(cell)
                self._tags.close(tr)
            self._y += ROW + (count - 1) * LINE
            self._rows_here += 1
            done += count
            if done < total:
                self._turn()

    # The end

    def finish(self, *, message: str | None) -> None:
        """What stands below the rows: the grand total, or the message where there are none."""
        if message is not None:
            for index, sheet in enumerate(self._sheets):
                self._lines.message(message, index, sheet, self._body(index), self._y)
            self._y += ROW
            self._rows_here += 1
        line = self._columns.totals.grand if message is None else None
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
