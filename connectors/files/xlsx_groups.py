"""The groups of a table: which begins where, and over which rows of which sheets it lies."""

from __future__ import annotations

from connectors.files.report import ROWS, Facts, Part, Report
from connectors.files.total_words import group_key
from ir.records import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of a sheet, counted from 1."""

    sheet: str
    first: int
    last: int


class Spread:
    """The ranges that rows lie in: one a sheet."""

    def __init__(self) -> None:
        self.ranges: list[Range] = []

    def add(self, sheet: str, first: int, last: int) -> None:
        if self.ranges and self.ranges[-1].sheet == sheet:
            self.ranges[-1] = Range(sheet, self.ranges[-1].first, last)
        else:
            self.ranges.append(Range(sheet, first, last))


@dataclass(slots=True)
class Group:
    """A group that is being written: its key's name and text, its level, its place among its level's groups."""

    level: int
    index: int
    key: str
    text: str
    left: int
    spread: Spread


class Groups:
    """Walks through the groups as their rows are written; their sizes are known before."""

    def __init__(self, part: Part, report: Report, facts: Facts) -> None:
        self._keys = part.group_by.names
        self._sizes = [each[ROWS].to_list() for each in facts.subtotals]
        self._texts = [each.select(group_key(part, report, level)).to_series().to_list()
                       for level, each in enumerate(facts.subtotals)]  # fmt: skip
        self._next = [0] * len(self._keys)
        self.open: list[Group] = []

    def begin(self) -> list[Group]:
        """The groups that begin with the next row, the outer ones first."""
        first = len(self.open)
        for level in range(first, len(self._keys)):
            index = self._next[level]
            self._next[level] += 1
            self.open.append(Group(level, index, self._keys[level], self._texts[level][index],
                                   self._sizes[level][index], Spread()))  # fmt: skip
        return self.open[first:]

    @property
    def rows_left(self) -> int:
        """How many rows the innermost group still has."""
        return self.open[-1].left

    def take(self, rows: int) -> list[Group]:
        """So many rows of the open groups are written; those that end with them, the inner ones first."""
        for group in self.open:
            group.left -= rows
        ended = []
        while self.open and not self.open[-1].left:
            ended.append(self.open.pop())
        return ended
