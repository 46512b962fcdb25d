"""How much room text takes, and what is done when there is less."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from unicodedata import combining, east_asian_width

ELLIPSIS = "…"
_NARROW = frozenset("iIjl|!.,:;'`()[]{}/\\frt-· \u00a0\u202f")
_BROAD = frozenset("mwMW@%—œŒæÆ")


class Measure(Protocol):
    """The width of one line of text in points, in the font that it will be drawn with."""

    def __call__(self, text: str, size: float, *, bold: bool = False) -> float: ...


def estimated_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width in a usual sans serif font that is not at hand, rather too large than too small."""
    ems = 0.0
    for character in text:
        if character in _NARROW:
            ems += 0.38
        elif character in _BROAD:
            ems += 0.92
        elif east_asian_width(character) in "WF":
            ems += 1.0
        elif not combining(character):
            ems += 0.72 if character.isupper() else 0.625
    return ems * size * (1.06 if bold else 1.0)


def cut(text: str, width: float, size: float, measure: Measure, *, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits with an ellipsis behind it."""
    if measure(text, size, bold=bold) <= width:
        return text
    low, high = 0, min(len(text), 1000)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + ELLIPSIS, size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def widest(texts: Iterable[str], size: float, measure: Measure) -> float:
    return max((measure(each, size) for each in texts), default=0.0)


def one_line(text: str) -> str:
    """The text without line breaks, tabs, and characters that cannot be shown or would turn what follows."""
    return " ".join("".join(each if is_shown(each) else " " for each in text[:1000]).split())


def is_shown(character: str) -> bool:
    """Whether it may stand in a label; joiners and marks of direction are not seen, but shape what is."""
    return character.isprintable() or character in "\u200c\u200d\u200e\u200f\u00a0\u202f"
