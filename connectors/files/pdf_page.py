"""What stands on a page around the rows: title, header, bands and rules, and the line at the foot."""

from __future__ import annotations

import polars as pl

from connectors.files.pdf_font import PdfFont
from connectors.files.pdf_fonts import PdfFonts
from connectors.files.pdf_layout import GAP, LINE, MARGIN, ROW, Layout, Placed, header_words
from connectors.files.report import Report

ACCENT, BAND, RULE, QUIET, INK = (
    "0.122 0.306 0.475",
    "0.953 0.965 0.980",
    "0.773 0.816 0.863",
    "0.4 0.47 0.54",
    "0.12 0.16 0.2",
)
TITLE_SIZE, BYLINE_SIZE, FOOT_SIZE = 17.0, 9.0, 7.5
TITLE_SPACE = 48.0
FOOT_SPACE = 20.0


class PageFrame:
    """Everything but the rows; heights count upwards from the bottom margin, in thousandths of the letter size."""

    def __init__(self, layout: Layout, *, report: Report, fonts: PdfFonts, align: dict[int, str]) -> None:
        self._layout, self._report, self._align = layout, report, align
        self._font, self._bold = fonts.regular, fonts.bold
        self._names = (
            pl.select(self._font.clean(pl.lit(pl.Series(report.columns.names, dtype=pl.String)))).to_series().to_list()
        )
        self._headers = [[self._header_lines(column) for column in group] for group in layout.groups]
        tallest = max((len(lines) for group in self._headers for lines in group), default=1)
        self._header_height = LINE * tallest + 700
        self._full = round((layout.page[1] - 2 * MARGIN - FOOT_SPACE) / layout.unit)
        self._title = round(TITLE_SPACE / layout.unit)
        self._names_shown = [self._shown_header(group) for group in range(len(layout.groups))]
        self._foot_shown = [self._shown_foot(group) for group in range(len(layout.groups))]

    def rows(self, *, first: bool) -> int:
        """How many rows fit."""
        return max(1, (self._top(first=first) - self._header_height) // ROW)

    def heights(self, start: int, count: int) -> pl.Series:
        """The base lines of `count` rows of the report from row `start` on."""
        first, later = self.rows(first=True), self.rows(first=False)
        row = pl.int_range(start, start + count)
        base = [self._top(first=each) - self._header_height - ROW + 560 for each in (True, False)]
        height = pl.when(row < first).then(base[0] - row * ROW).otherwise(base[1] - (row - first) % later * ROW)
        return pl.select(height).to_series()

    def _top(self, *, first: bool) -> int:
        return self._full - (self._title if first else 0)

    def page(self, lines: list[str], *, group: int, first: bool, number: int) -> str:
        """The operators of a whole page."""
        unit = self._layout.unit
        columns = self._layout.groups[group]
        parts = [self._heading()] if first else []
        parts.append(f"q {unit:g} 0 0 {unit:g} {MARGIN:g} {MARGIN + FOOT_SPACE:g} cm")
        parts.append(self._grid(columns, len(lines), top=self._top(first=first)))
        ground = self._top(first=first) - self._header_height
        parts.append(f"q 1 0 0 1 0 {ground} cm {self._names_shown[group]} Q")
        parts.append(f"{INK} rg BT/F0 1000 Tf")
        parts += lines or [self._empty(self._top(first=first))]
        parts.append("ET Q")
        parts.append(self._foot(number, group))
        return "\n".join(parts)

    def _grid(self, columns: tuple[Placed, ...], rows: int, *, top: int) -> str:
        """The header's ground, a band under every second row, a rule at the end."""
        width = columns[-1].left + columns[-1].width + GAP if columns else 0
        below = top - self._header_height
        parts = [f"{ACCENT} rg 0 {below} {width} {self._header_height} re f {BAND} rg"]
        parts += [f"0 {below - (row + 1) * ROW} {width} {ROW} re" for row in range(1, rows, 2)]
        end = below - max(1, rows) * ROW
        return " ".join([*parts, f"f {RULE} RG 60 w 0 {end} m {width} {end} l S"])

    def _shown_header(self, group: int) -> str:
        """The names above the header's lower edge, the last line of each at the same height."""
        parts = [f"1 g BT{self._bold.select}"]
        for column, lines in zip(self._layout.groups[group], self._headers[group], strict=True):
            for line, text in enumerate(lines, 1):
                y = 640 + (len(lines) - line) * LINE
                parts.append(f"1 0 0 1 {self._x(column, text)} {y} Tm{self._bold.operator(text)}")
        return " ".join([*parts, "ET"])

    def _x(self, column: Placed, text: str) -> int:
        left, width = column.left + GAP // 2, self._bold.width(text)
        match self._align[column.index]:
            case "right":
                return left + column.width - width
            case "center":
                return left + (column.width - width) // 2
        return left

    def _header_lines(self, column: Placed) -> list[str]:
        """The name broken at its words where it is too wide, each line cut where even a word is."""
        lines: list[str] = [""]
        name = self._names[column.index]
        for word in header_words(name) if self._bold.width(name) > column.width else [name]:
            joined = f"{lines[-1]}{'' if lines[-1].endswith(('_', '-')) or not lines[-1] else ' '}{word}"
            if lines[-1] and self._bold.width(joined) > column.width:
                lines.append(word)
            else:
                lines[-1] = joined
        return [
            text if self._bold.width(text) <= column.width else self._bold.cut(text, column.width) for text in lines
        ]

    def _heading(self) -> str:
        top = self._layout.page[1] - MARGIN
        room = round((self._layout.page[0] - 2 * MARGIN) / TITLE_SIZE * 1000)
        title = self._report.heading
        title = title if self._bold.width(title) <= room else self._bold.cut(title, room)
        return "\n".join([
            self._line(title, MARGIN, top - 15, TITLE_SIZE, f"{ACCENT} rg", font=self._bold),
            self._line(self._report.byline, MARGIN, top - 31, BYLINE_SIZE, f"{QUIET} rg"),
        ])  # fmt: skip

    def _empty(self, top: int) -> str:
        text = self._report.empty_message or "No rows"
        return f"{QUIET} rg 1 0 0 1 {GAP // 2} {top - self._header_height - ROW + 560} Tm{self._font.operator(text)}"

    def _shown_foot(self, group: int) -> str:
        """What the report is at the left, when it was made at the right."""
        groups, unit = len(self._layout.groups), FOOT_SIZE / 1000
        left = self._report.heading + (f" · columns {group + 1} of {groups}" if groups > 1 else "")
        room = round((self._layout.page[0] / 2 - MARGIN - 60) / unit)
        left = left if self._font.width(left) <= room else self._font.cut(left, room)
        made = f"{self._report.generated_local:%Y-%m-%d %H:%M}"
        right = self._layout.page[0] - MARGIN - self._font.width(made) * unit
        return "\n".join([
            self._line(left, MARGIN, MARGIN, FOOT_SIZE, f"{QUIET} rg"),
            self._line(made, right, MARGIN, FOOT_SIZE, f"{QUIET} rg"),
        ])  # fmt: skip

    def _foot(self, number: int, group: int) -> str:
        """The page's number stands in the middle, before the place where the total begins."""
        of, unit, middle = f"Page {number} of ", FOOT_SIZE / 1000, self._layout.page[0] / 2
        return "\n".join([
            self._foot_shown[group],
            self._line(of, middle - self._font.width(of) * unit, MARGIN, FOOT_SIZE, f"{QUIET} rg"),
            f"q {unit:g} 0 0 {unit:g} {middle:.2f} {MARGIN:g} cm/Total Do Q",
        ])  # fmt: skip

    def total(self, pages: int) -> str:
        """The operators behind every page's `/Total Do`."""
        return f"{QUIET} rg BT/F0 1000 Tf 0 0 Td{self._font.operator(str(pages))} ET"

    def _line(self, text: str, x: float, y: float, size: float, colour: str, *, font: PdfFont | None = None) -> str:
        unit, font = size / 1000, font or self._font
        shown = font.operator(" ".join(text.split()) if not text.endswith(" ") else text)
        return f"q {unit:g} 0 0 {unit:g} {x:.2f} {y:.2f} cm {colour} BT{font.select} 0 0 Td{shown} ET Q"
