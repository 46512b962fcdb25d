"""The groups of a table: which headings open and which subtotals close between its rows."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.files.report import ROWS, Facts, Part, Report
from connectors.files.total_words import group_key
from ir.records import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """A block of rows with equal keys: its heading, and the `index`th row of the subtotals of its level."""

    level: int
    index: int
    column: str
    key: str
    rows: int

    @property
    def heading(self) -> str:
        return f"{self.column}: {self.key}"


@dataclass(frozen=True, slots=True)
class Opens:
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """So many rows; `ends` whether the groups behind them close, innermost first."""

    count: int
    ends: tuple[Group, ...] = ()


class Groups:
    """Walks through the groups as the rows come. Groups that are open stand in `path`, the outermost first."""

    def __init__(self, levels: list[list[Group]]) -> None:
        self._levels = [iter(each) for each in levels]
        self.path: list[Group] = []
        self._left: list[int] = []

    def steps(self, rows: int) -> Iterator[Opens | Rows]:
        """What comes with the next rows, in order."""
        while rows:
            if not self._levels:
                yield Rows(rows)
                return
            opened = []
            while len(self.path) < len(self._levels):
                group = next(self._levels[len(self.path)])
                self.path.append(group)
                self._left.append(group.rows)
                opened.append(group)
            if opened:
                yield Opens(tuple(opened))
            count = min(rows, self._left[-1])
            rows -= count
            ends = self.ending(count)
            self._left = [each - count for each in self._left]
            yield Rows(count, ends)
            for _ in ends:
                self.path.pop()
                self._left.pop()

    def ending(self, count: int) -> tuple[Group, ...]:
        """The open groups that close behind the next `count` rows, innermost first."""
        return tuple(group for group, left in zip(self.path, self._left, strict=True) if left == count)[::-1]


def all_groups(part: Part, facts: Facts, report: Report) -> list[list[Group]]:
    """The groups of each level, in the order they come in."""
    if not part.group_by.names or len(facts.subtotals) < len(part.group_by.names):
        return []
    levels = []
    for level, subtotals in enumerate(facts.subtotals):
        column = part.group_by.names[level]
        texts = subtotals.select(group_key(part, report, level)).to_series()
        levels.append([
            Group(level, index, column, " ".join(key.split()), count)
            for index, (key, count) in enumerate(zip(texts, subtotals[ROWS], strict=True))
        ])  # fmt: skip
    return levels
