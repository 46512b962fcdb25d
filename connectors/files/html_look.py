"""How the parts of a table are dressed: by the classes of a page's style, or by styles of their own in a message."""

from __future__ import annotations

from typing import Literal, Protocol

Role = Literal["table", "head", "cell", "group", "subtotal", "total", "label", "empty"]
Align = Literal["", "left", "center", "right"]
"""As `format` says; empty for the side where lines begin."""


class Look(Protocol):
    has_bars: bool
    """Whether bars behind numbers can be shown."""

    def attributes(self, role: Role, align: Align = "", *, whole: bool = False, level: int = 0) -> tuple[str, str]:
        """The classes and the style of an element; `whole` is a cell that keeps its text on one line."""
        ...


def marks(classes: str, style: str) -> str:
    return (f' class="{classes}"' if classes else "") + (f' style="{style}"' if style else "")


class PageLook:
    """Classes of html_style."""

    has_bars = True

    def attributes(self, role: Role, align: Align = "", *, whole: bool = False, level: int = 0) -> tuple[str, str]:
        aligned = {"": "", "left": "l", "center": "c", "right": "r"}[align]
        match role:
            case "table" | "head" | "label":
                return aligned, ""
            case "cell":
                return aligned if aligned == "r" else f"{aligned} {'n' if whole else 'w'}".lstrip(), ""
            case "group" | "subtotal":
                return f"{role[0]} {role[0]}{min(level, 3)}", ""
            case "total":
                return "t", ""
            case "empty":
                return "empty", ""
