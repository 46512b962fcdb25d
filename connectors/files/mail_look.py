"""A table's dress in a message: styles of its own on every element, since mail programs drop those of a page."""

from __future__ import annotations

from connectors.files.html_look import Align, Role

INK, QUIET, ACCENT, RULE, BAND = "#1f2933", "#66788a", "#1f4e79", "#dde4ec", "#f3f6fa"
FONT = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_BOLD = "font-weight:bold"


class MailLook:
    """Plain tables that old mail programs show as well; nothing behind a number that they could not draw."""

    has_bars = False

    def __init__(self, start: str) -> None:
        self._start = start

    def attributes(self, role: Role, align: Align = "", *, whole: bool = False, level: int = 0) -> tuple[str, str]:
        side = f"text-align:{align or self._start}"
        room = "padding:6px 10px;vertical-align:top"
        line = f"border-bottom:1px solid {RULE}"
        match role:
            case "table":
                return "", f"border-collapse:collapse;width:100%;{FONT};font-size:14px;color:{INK}"
            case "head":
                return "", f"{room};background-color:{ACCENT};color:#ffffff;{_BOLD};{side}"
            case "cell":
                return "", f"{room};{line};{side}" + (";white-space:nowrap" if whole or align == "right" else "")
            case "label":
                return "", f"{room};{line};{side};{_BOLD}"
            case "group":
                return "", f"background-color:{BAND};color:{INK if level else ACCENT}"
            case "subtotal":
                return "", _BOLD
            case "total":
                return "", f"{_BOLD};color:{ACCENT};border-top:2px solid {ACCENT}"
            case "empty":
                return "", f"{room};color:{QUIET};{side}"
