"""The colours of a document, as PDF operands and from #rrggbb."""

from __future__ import annotations


def operands(colour: str) -> str:
    """`0.122 0.306 0.475` of #1F4E79."""
    return " ".join(f"{int(colour[at : at + 2], 16) / 255:.3f}".rstrip("0").rstrip(".") for at in (1, 3, 5))


ACCENT, BAND, RULE, QUIET, INK = (
    operands(each) for each in ("#1F4E79", "#F3F6FA", "#DDE4EC", "#66788A", "#1F2933")
)  # fmt: skip
WHITE = "1 1 1"
BAR, BAR_BELOW = "#C9DBEC", "#F1CDC6"
"""Bars behind numbers, and behind those below zero: light enough to read and to print over."""
SCALE = ("#FFFFFF", "#8FB4D6")


def mixed(first: str, second: str, share: float) -> str:
    """A colour between two: the first at 0, the second at 1."""
    ends = [[int(each[at : at + 2], 16) for at in (1, 3, 5)] for each in (first, second)]
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in zip(*ends, strict=True))


def ground(colour: str) -> str:
    """The colour, as much lighter as it takes for dark letters to stand on it."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    light = 0.3 * red + 0.59 * green + 0.11 * blue
    return colour if light >= _LIGHT else mixed(colour, "#FFFFFF", (_LIGHT - light) / (1 - light))


_LIGHT = 0.8
