"""Text in a drawing: cleaned, measured without a font, cut and wrapped."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

ELLIPSIS = "…"

# In hundredths of the font size, a little above what Helvetica, Segoe UI, Roboto and DejaVu Sans need.
_NARROW, _SLIM, _COMMON, _CAPITAL, _BROAD, _FULL = 33, 43, 60, 71, 96, 132
_WIDTHS = {
    **dict.fromkeys("abcdeghknopqsuvxyz0123456789_+=<>~#$&*?^", _COMMON),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ", _CAPITAL),
    **dict.fromkeys("ijlI.,:;'|! ", _NARROW),
    **dict.fromkeys('ft()[]{}-r/\\"`', _SLIM),
    **dict.fromkeys("mwMW@%", _BROAD),
}
_TOKEN = re.compile(r"[^\s_,/.]*[\s_,/.]*")
_JOINERS = "\u200d\ufe0e\ufe0f"


def clean(text: str) -> str:
    """The text on one line, without characters that XML forbids or that turn the direction of what follows."""
    # nothing to do for nearly every text, and isprintable is fast
    if text.isprintable():
        return text
    return "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if character.isspace() or category in ("Zl", "Zp"):
        return " "
    return "" if category == "Cf" else "\ufffd"


def escape(text: str) -> str:
    """The text, cleaned, for HTML and SVG, inside elements and attributes."""
    return html.escape(clean(text))


def escape_lines(lines: Iterable[str]) -> str:
    """Several lines, each cleaned, for HTML and SVG."""
    return html.escape("\n".join(map(clean, lines)))


@lru_cache(maxsize=4096)
def _character_width(character: str) -> int:
    if character in _JOINERS or unicodedata.combining(character):
        return 0
    return _FULL if unicodedata.east_asian_width(character) in "WF" else _BROAD


def text_width(text: str, size: float) -> float:
    """About how wide the text is in the reader's sans-serif font, rather more than less."""
    widths = _WIDTHS
    return sum(widths.get(each) or _character_width(each) for each in text) * size / 100


def cut(text: str, size: float, width: float) -> str:
    """The text, or as much of its beginning as fits, with an ellipsis."""
    if text_width(text, size) <= width:
        return text
    return text[: _fitting(text, size, width - text_width(ELLIPSIS, size))].rstrip() + ELLIPSIS


def _fitting(text: str, size: float, width: float) -> int:
    """How many characters fit, none of them parted from its accents or joined signs."""
    room = width * 100 / size
    end = len(text)
    for index, character in enumerate(text):
        room -= _WIDTHS.get(character) or _character_width(character)
        if room < 0:
            end = index
            break
    while 0 < end < len(text) and (_character_width(text[end]) == 0 or text[end - 1] == "\u200d"):
        end -= 1
    return end


def wrap(text: str, size: float, width: float, *, lines: int, first_width: float | None = None) -> list[str]:
    """The text in at most `lines` lines, broken between words, then after `_ , / .`, then anywhere; cut if too long."""
    found: list[str] = []
    rest = text.strip()
    while rest:
        room = first_width if first_width is not None and not found else width
        if len(found) == lines - 1 or text_width(rest, size) <= room:
            return [*found, cut(rest, size, room)]
        end = _break(rest, size, room)
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return found


def _break(text: str, size: float, width: float) -> int:
    """Where a line that does not fit is broken: after the last word that fits, unless that leaves it half empty."""
    most = max(1, _fitting(text, size, width))
    spaces = [match.end() for match in re.finditer(r"\s+", text[: most + 1])]
    if spaces and spaces[-1] * 2 >= most:
        return spaces[-1]
    ends = [match.end() for match in _TOKEN.finditer(text[:most])]
    inner = [end for end in ends if 0 < end < most or (end == most and text[most - 1] in "_,/. ")]
    if inner and inner[-1] * 2 >= most:
        return inner[-1]
    return spaces[-1] if spaces and spaces[-1] * 3 >= most else most
