"""The colours of a document, as PDF operands and from #rrggbb."""

from __future__ import annotations


def operands(colour: str) -> str:
    """`0.122 0.306 0.475` of #1F4E79."""
    return " ".join(f"{int(colour[at : at + 2], 16) / 255:.3f}".rstrip("0").rstrip(".") for at in (1, 3, 5))


ACCENT, BAND, RULE, QUIET, INK = (
    operands(each) for each in ("#1F4E79", "#F3F6FA", "#DDE4EC", "#66788A", "#1F2933")
)  # fmt: skip
WHITE = "1 1 1"
