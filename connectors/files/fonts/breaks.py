"""Where a line of text may end."""

from __future__ import annotations

import re
from collections.abc import Callable

_IDEOGRAPHS = "\u2e80-\u2fff\u3040-\u31bf\u3200-\ua4cf\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_OPENING = "([{（［｛〔〈《「『【〖“‘\u00ab"
_CLOSING = ")\\]}）］｝〕〉》」』】〗”’\u00bb,.:;!?，．：；！？、。・…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％%"
_PIECES = re.compile(
    rf"[{re.escape(_OPENING)}]*[{_IDEOGRAPHS}](?:[{_CLOSING}]|[\u0300-\u036f\u3099\u309a\ufe00-\ufe0f])*"
    rf"|[^\s{_IDEOGRAPHS}]+?(?:[-\u2010\u2012\u2013\u2014/]+(?=[^\W\d])|(?=[{re.escape(_OPENING)}]*[{_IDEOGRAPHS}])|(?=\s|$))"
    r"|\s+|.",
    re.DOTALL,
)
"""A line may end after each of these: an ideograph with its punctuation, a word or what of it ends in a hyphen, spaces.
A hyphen before a digit is a minus or part of a number or a date."""


def wrapped(text: str, most: int, *, width: Callable[[str], int], cut: Callable[[str, int], int]) -> list[str]:
    """The text in lines at most `most` wide; `cut` tells how much of a word that is wider itself goes on a line."""
    if width(text) <= most:
        return [text]
    space = width(" ")
    lines: list[str] = []
    line, used, pending = "", 0, ""
    for piece in _PIECES.findall(text):
        if piece.isspace():
            pending = piece if line else ""
            continue
        needed = width(piece)
        if line and used + len(pending) * space + needed > most:
            lines.append(line)
            line, used, pending = "", 0, ""
        while needed > most and len(piece) > 1:
            end = cut(piece, most)
            if end >= len(piece):
                break
            lines.append(piece[:end])
            piece = piece[end:]
            needed = width(piece)
        line, used, pending = line + pending + piece, used + len(pending) * space + needed, ""
    return [*lines, line] if line or not lines else lines
