"""How a table lies on PDF pages: paper, letter size, column widths, and groups of columns where it is too wide."""

from __future__ import annotations

import re

from connectors.files.pdf_sheet import Paper
from connectors.files.report import Page
from ir.records import dataclass

LARGEST, SMALL, SMALLEST = 8.5, 7.5, 6.5
GAP = 1300
"""Space between two columns, half on either side, in thousandths of the letter size like all widths here."""
ROW = 1750
LINE = 1250
_STRETCHED = 2.4
"""A table is stretched over the page by this much at most."""
_TEXT_CAPS = (26_000, 18_000, 13_000)
"""What a column of long text may take, tried in turn before columns go to another page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A column before layout: what its widest value and its header's longest word need, and what stands beside."""

    name: str
    widest: int
    word: int
    header: int
    can_be_cut: bool
    width: int | None = None
    beside: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A column on its page: `left` is where its own space begins, gap included."""

    index: int
    left: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The decided page. Widths and heights of the table are in thousandths of `size`."""

    paper: Paper
    size: float
    groups: tuple[tuple[Placed, ...], ...]

    @property
    def unit(self) -> float:
        return self.size / 1000


def lay_out(columns: list[Measured], page: Page, *, least: int = 0) -> Layout:
    """Portrait if the table fits in letters not much smaller than the largest, else landscape, where they may be small
    and text columns tight, else groups of columns that follow each other page by page, each led by the first column.
    `least` is how wide the table is to be, as far as there is room."""
    upright, turned = (Paper.of(page, each) for each in ("portrait", "landscape"))
    if page.orientation != "landscape":
        smallest = SMALLEST if page.orientation else SMALL
        for cap in _TEXT_CAPS if page.orientation else _TEXT_CAPS[:2]:
            if (size := _size(columns, cap, upright)) >= smallest:
                return _layout(columns, cap, upright, size, least)
    paper = upright if page.orientation == "portrait" else turned
    for cap in _TEXT_CAPS:
        if (size := _size(columns, cap, paper)) >= SMALLEST:
            return _layout(columns, cap, paper, size, least)
    return _layout(columns, _TEXT_CAPS[1], paper, SMALL, least)


def _size(columns: list[Measured], cap: int, paper: Paper) -> float:
    """The largest letters in which the columns fit side by side."""
    size = paper.room * 1000 / max(1, _natural(columns, cap))
    return min(LARGEST, int(size * 20) / 20)


def _width(column: Measured, cap: int) -> int:
    """The column's width: its values in full where they may not be cut, its header broken into words."""
    if column.width:
        return column.width
    content = min(column.widest, cap) if column.can_be_cut else column.widest
    return column.beside + max(content, min(column.word, 9_000), min(column.header, 7_000))


def _natural(columns: list[Measured], cap: int) -> int:
    return sum(_width(column, cap) + GAP for column in columns)


def _layout(columns: list[Measured], cap: int, paper: Paper, size: float, least: int) -> Layout:
    room = int(paper.room * 1000 / size)
    widths = [min(_width(column, cap), room - GAP) for column in columns]
    groups: list[list[int]] = [[]]
    for index, width in enumerate(widths):
        used = sum(widths[each] + GAP for each in groups[-1])
        if groups[-1] and used + width + GAP > room:
            # The first column says which row this is, where it leaves enough room for others.
            groups.append([0] if widths[0] < room // 3 else [])
        groups[-1].append(index)
    if len(groups) == 1:
        widths = _grown(columns, widths, room)
    return Layout(paper=paper, size=size, groups=tuple(_placed(group, widths, room, least) for group in groups))


def _grown(columns: list[Measured], widths: list[int], room: int) -> list[int]:
    """The widths, with the page's free room shared by the texts that would be cut."""
    free = room - sum(width + GAP for width in widths)
    needed = {index: column.widest - widths[index] for index, column in enumerate(columns)
              if column.can_be_cut and column.width is None and column.widest > widths[index]}  # fmt: skip
    grown = list(widths)
    for place, index in enumerate(sorted(needed, key=needed.__getitem__)):
        more = max(0, min(needed[index], free // (len(needed) - place)))
        grown[index] += more
        free -= more
    return grown


def _placed(group: list[int], widths: list[int], room: int, least: int) -> tuple[Placed, ...]:
    """The columns side by side, over the whole page unless they are too few to be read across it."""
    natural = sum(widths[index] + GAP for index in group)
    stretch = room / natural if natural and natural * _STRETCHED >= room else 1.25
    stretch = max(stretch, min(least, room) / natural) if natural else 1.0
    placed, left = [], 0
    for index in group:
        total = int((widths[index] + GAP) * stretch)
        placed.append(Placed(index=index, left=left, width=total - GAP))
        left += total
    return tuple(placed)


def header_words(name: str) -> list[str]:
    """Where a header may break: at spaces, and after underscores and hyphens."""
    return re.findall(r"[^\s_\-]+[_\-]*|[_\-]+", name) or [name]
