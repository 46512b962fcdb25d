"""Where a line of text may end."""

from __future__ import annotations

import re
from collections.abc import Callable

_SHORT = 200
"""A text that long is hardly one line, nor worth being remembered."""
Advances = Callable[[str], tuple[list[tuple[int, int]], int]]
"""Where a text may be cut with the width up to there, and its whole width."""
_IDEOGRAPHS = "\u2e80-\u2fff\u3040-\u31bf\u3200-\ua4cf\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_OPENING = "([{（［｛〔〈《「『【〖“‘\u00ab"
_CLOSING = ")\\]}）］｝〕〉》」』】〗”’\u00bb,.:;!?，．：；！？、。・…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％%"
_HYPHENS = "\u2010\u2012\u2013\u2014/\\-"
_BEFORE_IDEOGRAPH = rf"[{re.escape(_OPENING)}]{{1,3}}[{_IDEOGRAPHS}]"
_PIECES = re.compile(
    rf"[{re.escape(_OPENING)}]{{0,3}}[{_IDEOGRAPHS}](?:[{_CLOSING}]|[\u0300-\u036f\u3099\u309a\ufe00-\ufe0f])*"
    rf"|(?:(?!{_BEFORE_IDEOGRAPH})[^\s{_HYPHENS}{_IDEOGRAPHS}]|[{_HYPHENS}](?![^\W\d_]))+[{_HYPHENS}]{{0,3}}"
    rf"|[{_HYPHENS}]+|\s+|.",
    re.DOTALL,
)
_ASCII_PIECES = re.compile(r"(?:[^\s/-]|[/-](?![A-Za-z]))+[/-]{0,3}|[/-]+|\s+")
"""A line may end after each of these: an ideograph with its punctuation, a word or what of it ends in a hyphen, spaces.
A hyphen before a digit is a minus or part of a number or a date."""


def wrapped(text: str, most: int, *, width: Callable[[str], int], advances: Advances) -> list[str]:
    """The text in lines at most `most` wide, a word that is wider itself broken where it may be cut."""
    if len(text) < _SHORT and width(text) <= most:
        return [text]
    space = width(" ")
    lines: list[str] = []
    line, used, pending = "", 0, ""
    for piece in (_ASCII_PIECES if text.isascii() else _PIECES).findall(text):
        if piece.isspace():
            pending = piece if line else ""
            continue
        needed = width(piece)
        if line and used + len(pending) * space + needed > most:
            lines.append(line)
            line, used, pending = "", 0, ""
        if needed > most:
            *full, piece = _broken(piece, most, advances)
            lines += full
            needed = width(piece)
        line, used, pending = line + pending + piece, used + len(pending) * space + needed, ""
    return [*lines, line] if line or not lines else lines


def _broken(word: str, most: int, advances: Advances) -> list[str]:
    parts, start, end_before, width_before = [], 0, 0, 0
    reached = 0
    for end, width in advances(word)[0]:
        if width - width_before > most and end_before > start:
            parts.append(word[start:end_before])
            start, width_before = end_before, reached
        end_before, reached = end, width
    return [*parts, word[start:]]
