"""Pieces of text with their place on a page, put into lines that look as the page does."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from ir.records import dataclass

_WORD_GAP = 0.12
"""Of the letters' height: less is no gap between words."""
_CELL_GAP = 0.9
"""Of the letters' height: more is a gap between columns."""
_WIDEST = 400
"""Characters a line is padded to, however wide the page."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in a box. The page's upper left corner is (0, 0)."""

    left: float
    top: float
    right: float
    bottom: float
    text: str

    @property
    def height(self) -> float:
        return self.bottom - self.top


def laid_out(pieces: Iterable[Piece]) -> list[str]:
    """The lines from top to bottom, columns apart by two blanks and more, below each other where they are so."""
    kept = [each for each in pieces if each.text.strip()]
    if not kept:
        return []
    letter = _letter_width(kept)
    left = min(each.left for each in kept)
    lines: list[str] = []
    bottom = None
    for row in _rows(kept):
        height = median(each.height for each in row)
        if bottom is not None and min(each.top for each in row) - bottom > 1.2 * height:
            lines.append("")
        lines.append(_line(row, left=left, letter=letter))
        bottom = max(each.bottom for each in row)
    return lines


def _rows(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces that stand beside each other: more than half of the lower one's height is common to both."""
    rows: list[list[Piece]] = []
    for each in sorted(pieces, key=lambda piece: (piece.top + piece.bottom, piece.left)):
        # What overlaps can only be among the last rows, as they are sorted by their middle.
        for row in reversed(rows[-3:]):
            first = row[0]
            common = min(first.bottom, each.bottom) - max(first.top, each.top)
            if common > 0.5 * min(first.height, each.height):
                row.append(each)
                break
        else:
            rows.append([each])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _line(row: list[Piece], *, left: float, letter: float) -> str:
    text, end = "", 0.0
    for each in row:
        words = " ".join(each.text.split())
        gap = each.left - end
        if not text or gap > _CELL_GAP * each.height:
            column = min(_WIDEST, round((each.left - left) / letter))
            text = text.rstrip().ljust(max(column, len(text.rstrip()) + 2 if text else 0)) + words
        else:
            is_apart = gap > _WORD_GAP * each.height or each.text[:1].isspace()
            text += (" " if is_apart and not text.endswith(" ") else "") + words
        if each.text[-1:].isspace():
            text += " "
        end = each.right
    return text.rstrip()


def _letter_width(pieces: list[Piece]) -> float:
    """The width of a letter in the tighter ones: few texts are then wider than their columns."""
    widths = sorted((each.right - each.left) / len(each.text.strip()) for each in pieces if len(each.text.strip()) > 2)
    return max(0.1, widths[len(widths) // 4]) if widths else 5.0
