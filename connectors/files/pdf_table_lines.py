"""The lines of a table that are no rows: its header, the headings of groups, totals, and the message of no rows."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from connectors.files.links import FOLLOWED
from connectors.files.pdf_cells import Cells, anchor, paragraph
from connectors.files.pdf_colours import ACCENT, BAND, INK, QUIET, RULE, WHITE
from connectors.files.pdf_columns import Columns
from connectors.files.pdf_groups import Group
from connectors.files.pdf_layout import GAP, LINE, ROW, Placed
from connectors.files.pdf_lettering import Lettering
from connectors.files.pdf_sheet import Sheet
from connectors.files.pdf_tags import Element, Tags
from connectors.files.pdf_totals import TotalLine
from connectors.files.report import Part
from connectors.files.total_words import label_column

HEADING = ROW + 350
TOTAL = ROW + 250
_INDENT = 1200
_HEADER_BASE = 640
_SCOPE = "/A<</O/Table/Scope/{}>>"
_CONTINUED = "  continued"


class TableLines:
    """Draws them on a sheet, within the table's own space; `y` is how far down their upper edge is."""

    def __init__(self, columns: Columns, *, lettering: Lettering, tags: Tags) -> None:
        self._columns, self._lettering, self._tags = columns, lettering, tags
        self._placed = columns.layout.groups
        tallest = max((len(lines) for group in columns.headers for lines in group), default=1)
        self.header_height = LINE * tallest + 700
        self._names = [
            [self._name(column, lines) for column, lines in zip(group, headers, strict=True)]
            for group, headers in zip(self._placed, columns.headers, strict=True)
        ]
        self._widths = {column.index: column.width for group in self._placed for column in group}

    def width(self, index: int) -> int:
        return self._widths[index]

    def full_width(self, group: int) -> int:
        columns = self._placed[group]
        return columns[-1].left + columns[-1].width + GAP if columns else 0

    def rule(self, group: int, y: int, colour: str, thickness: int) -> str:
        return f"{colour} RG {thickness} w 0 {-y} m {self.full_width(group)} {-y} l S"

    def header(self, group: int, sheet: Sheet, table: Element | None) -> None:
        """The names above the header's lower edge, the last line of each at the same height. Without `table` it is
        one that is repeated."""
        height = self.header_height
        sheet.ground.append(f"{ACCENT} rg 0 {-height} {self.full_width(group)} {height} re f")
        sheet.content.append(f"{WHITE} rg BT {self._lettering.select}")
        if table is None:
            names = " ".join(self._names[group])
            sheet.content.append(f"/Artifact<</Type/Pagination/Subtype/Header>>BDC {names} EMC ET")
            return
        head = self._tags.open("THead", table)
        row = self._tags.open("TR", head)
        for name in self._names[group]:
            sheet.content.append(f"{self._tags.whole('TH', row, sheet, about=_SCOPE.format('Column'))} {name} EMC")
        sheet.content.append("ET")
        self._tags.close(row)
        self._tags.close(head)

    def _name(self, column: Placed, lines: list[str]) -> str:
        """The operators of a column's name, for a header that ends at `header_height`."""
        return " ".join(
            f"1 0 0 1 {self._x(column, text)} {-self.header_height + _HEADER_BASE + (len(lines) - place) * LINE} Tm"
            f"{self._lettering.strong(text)}"
            for place, text in enumerate(lines, 1)
        )

    def _x(self, column: Placed, text: str) -> int:
        """Where a bold line begins, as its column is aligned."""
        width, at = (
            self._lettering.strong_width(text),
            anchor(column, self._columns.align[column.index]),
        )
        return at - {"right": width, "center": width // 2}.get(self._columns.align[column.index], 0)

    def heading(self, group: Group, index: int, sheet: Sheet, body: Element | None, y: int) -> None:
        """A group's heading over the whole width; without `body` it is one that is repeated."""
        width, height = self.full_width(index), self.heading_height(group, index)
        if not group.level:
            sheet.ground.append(f"{BAND} rg 0 {-(y + height)} {width} {height} re f")
        sheet.ground.append(self.rule(index, y + height, RULE, 60))
        left, base = GAP // 2 + group.level * _INDENT, -(y + height - 720)
        lines = self._heading_lines(group, index)
        colour = INK if group.level else ACCENT
        pieces = [f"{colour} rg", *self._stacked(lines, left, base)]
        if body is None:
            begun = "/Artifact<</Type/Pagination/Subtype/Header>>BDC"
            x = left + self._lettering.strong_width(lines[-1])
            pieces.append(f"{QUIET} rg 1 0 0 1 {x} {base} Tm{self._lettering.plain(_CONTINUED)}")
        else:
            row = self._tags.open("TR", body)
            span = f"/A<</O/Table/Scope/Row/ColSpan {max(1, len(self._placed[index]))}>>"
            begun = self._tags.whole("TH", row, sheet, about=span)
            self._tags.close(row)
        sheet.content.append(" ".join([begun, *pieces, f"{INK} rg EMC"]))

    def heading_height(self, group: Group, index: int) -> int:
        return HEADING + (len(self._heading_lines(group, index)) - 1) * LINE

    def _heading_lines(self, group: Group, index: int) -> list[str]:
        room = self.full_width(index) - GAP - group.level * _INDENT - self._lettering.regular.width(_CONTINUED)
        return self._wrapped(group.heading, room)

    def _wrapped(self, text: str, room: int) -> list[str]:
        return self._lettering.bold.wrap(self._lettering.clean(text), max(LINE, room))

    def _stacked(self, lines: list[str], x: int, base: int) -> list[str]:
        """Bold lines of which the last stands on `base`."""
        return [f"1 0 0 1 {x} {base + (len(lines) - place) * LINE} Tm{self._lettering.strong(line)}"
                for place, line in enumerate(lines, 1)]  # fmt: skip

    def _label(self, line: TotalLine, index: int) -> tuple[int, bool]:
        """The place of the column the label stands in, and whether it needs a line of its own above the values."""
        columns, names = self._placed[index], self._columns.names
        shown = [(names[column.index], self._columns.is_number[column.index]) for column in columns]
        label = label_column(shown, line.values)
        if label is None:
            return 0, True
        place = [name for name, _ in shown].index(label)
        room, width = (
            self._label_room(line, index, place),
            self._lettering.strong_width(line.label),
        )
        return place, width > room

    def _label_room(self, line: TotalLine, index: int, place: int) -> int:
        """From the label's column to the next that holds a value."""
        columns, names = self._placed[index], self._columns.names
        end = next((column.left for column in columns[place + 1 :] if names[column.index] in line.values),
                   self.full_width(index))  # fmt: skip
        return end - columns[place].left - GAP // 2

    def total_height(self, line: TotalLine, index: int) -> int:
        if not self._placed[index] or not self._label(line, index)[1]:
            return TOTAL
        return TOTAL + ROW + (len(self._wrapped(line.label, self.full_width(index) - GAP)) - 1) * LINE

    def total(self, line: TotalLine, index: int, sheet: Sheet, body: Element, y: int, *, is_grand: bool) -> None:
        """A line of totals: the label, and each value below its column."""
        columns = self._placed[index]
        if not columns:
            return
        place, is_above = self._label(line, index)
        height = self.total_height(line, index)
        if is_grand:
            sheet.ground.append(f"{BAND} rg 0 {-(y + height)} {self.full_width(index)} {height} re f")
            sheet.ground.append(self.rule(index, y, ACCENT, 140))
        else:
            sheet.ground.append(self.rule(index, y, ACCENT, 60))
        row = self._tags.open("TR", body)
        base = -(y + height - 660)
        if is_above:
            label = self._stacked(self._wrapped(line.label, self.full_width(index) - GAP), GAP // 2, base + ROW)
            begun = self._tags.whole("TH", row, sheet, about=f"/A<</O/Table/Scope/Row/ColSpan {len(columns)}>>")
            sheet.content.append(" ".join([begun, *label, "EMC"]))
            self._tags.close(row)
            row = self._tags.open("TR", body)
        for at, column in enumerate(columns):
            text = line.values.get(self._columns.names[column.index], "")
            if at == place and not is_above:
                begun = self._tags.whole("TH", row, sheet, about=_SCOPE.format("Row"))
                x, text = column.left + GAP // 2, line.label
            else:
                begun = self._tags.whole("TD", row, sheet)
                x = self._x(column, text)
            shown = f" 1 0 0 1 {x} {base} Tm{self._lettering.strong(text)}" if text else ""
            sheet.content.append(f"{begun}{shown} EMC")
        self._tags.close(row)

    def message(self, text: str, index: int, sheet: Sheet, body: Element, y: int) -> None:
        row = self._tags.open("TR", body)
        begun = self._tags.whole("TD", row, sheet, about=f"/A<</O/Table/ColSpan {max(1, len(self._placed[index]))}>>")
        sheet.content.append(f"{begun} {QUIET} rg 1 0 0 1 {GAP // 2} {-(y + ROW - 560)} Tm{self._lettering.plain(text)}"
                             f" {INK} rg EMC")  # fmt: skip
        self._tags.close(row)

    def cell(
        self, column: Placed, cell: Cells, row: int, lines: list[str] | None, *, is_first: bool
    ) -> tuple[int, str]:
        """Where a cell of a row in pieces begins, and its operators: those lines, or all it has on the first piece."""
        align = self._columns.align[column.index]
        at = anchor(column, align)
        if lines is not None:
            return at, paragraph(lines, self._lettering, align) if lines else ""
        width = int(cell.widths[row])
        return at - {"right": width, "center": width // 2}.get(align, 0), str(cell.operators[row]) if is_first else ""

    def coloured(self, rows: pl.DataFrame, cells: dict[int, Cells], part: Part) -> dict[int, Cells]:
        """The cells, those that lead somewhere in the colour of links."""
        found = dict(cells)
        for index, cell in cells.items():
            source = part.links.get(self._columns.names[index])
            if source is None or source not in rows.columns:
                continue
            linked = pl.concat_str([pl.lit(f" {ACCENT} rg"), pl.lit(cell.operators), pl.lit(f" {INK} rg")])
            leads = pl.lit(rows[source].str.contains(FOLLOWED).fill_null(value=False))
            found[index] = replace(
                cell, operators=pl.select(pl.when(leads).then(linked).otherwise(pl.lit(cell.operators))).to_series()
            )
        return found
