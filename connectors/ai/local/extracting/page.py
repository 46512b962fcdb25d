"""A text as lines of cells, so that what stands beside or below a label can be found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from ir.records import dataclass

_TAB = 1000
"""Cells apart by tabs have no place on a page: they count as columns of this width, beyond those of padded lines."""
_GAP = re.compile(r" {2,}")
_MOST_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a line, from column `start` to `end`."""

    text: str
    start: int
    end: int
    line: int
    index: int

    def overlap(self, other: Cell) -> int:
        return min(self.end, other.end) - max(self.start, other.start)


class Page:
    """The text, its lines, and the cells of each."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = folded(text)
        self.lines: list[list[Cell]] = [
            list(_cells(line, number)) for number, line in enumerate(text.splitlines()[:_MOST_LINES])
        ]

    def cells(self) -> Iterator[Cell]:
        for line in self.lines:
            yield from line

    def after(self, cell: Cell) -> Cell | None:
        """The cell to its right."""
        line = self.lines[cell.line]
        return line[cell.index + 1] if cell.index + 1 < len(line) else None

    def below(self, cell: Cell, *, within: int = 2) -> Cell | None:
        """The first cell under it, at most so many lines down; empty lines count as one."""
        seen = 0
        for line in self.lines[cell.line + 1 : cell.line + 1 + 2 * within]:
            if not line:
                continue
            seen += 1
            near = [each for each in line if each.overlap(cell) >= -1]
            if near:
                return max(near, key=lambda each: each.overlap(cell))
            if seen >= within:
                return None
        return None

    def is_heading_of_table(self, cell: Cell) -> bool:
        """Whether its line heads several lines of as many cells: what is below is one of many values."""
        width = len(self.lines[cell.line])
        below = [len(line) for line in self.lines[cell.line + 1 : cell.line + 3]]
        return width >= 3 and len(below) == 2 and all(each >= width - 1 for each in below)


def _cells(line: str, number: int) -> Iterator[Cell]:
    if "\t" in line:
        for index, text in enumerate(line.split("\t")):
            yield Cell(text.strip(), index * _TAB, index * _TAB + _TAB - 100, number, index)
        return
    start, index = 0, 0
    for gap in [*_GAP.finditer(line), None]:
        end = gap.start() if gap else len(line)
        text = line[start:end].strip()
        if text:
            yield Cell(text, start, end, number, index)
            index += 1
        start = gap.end() if gap else end


def folded(text: str) -> str:
    """Small letters without accents, as many as before."""
    return "".join(map(_folded, text))


@lru_cache(maxsize=4096)
def _folded(letter: str) -> str:
    if letter in "’‘`":
        return "'"
    if letter.isspace():
        return " "
    first = unicodedata.normalize("NFKD", letter)[0] if letter.isalpha() else letter
    # Only letters that are Latin ones with something added: those of Korean are pictures of several.
    return _PLAIN.get(letter) or (first if first.isascii() else letter).lower()[0]


_PLAIN = {"ß": "s", "ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "æ": "a", "Æ": "a", "œ": "o", "Œ": "o", "đ": "d", "ı": "i"}
