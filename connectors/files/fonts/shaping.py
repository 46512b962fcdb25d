"""The glyphs of a piece of text in one font, one script and one direction."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from connectors.files.fonts.characters import ALPHABET, CJK, COMMON
from connectors.files.fonts.face import Face
from ir.records import dataclass

HIGHEST = 500
"""Marks are stacked this far above or below the letters' own place: more of them would run into other rows."""
_MOST_CHARACTERS = 100
"""A glyph stands for at most so many characters; PDF allows 512 bytes."""
_AS_IN_PLAIN_TEXT = {"kern": False, "liga": False, "clig": False}
_UNSHAPED = {ALPHABET, CJK, COMMON}


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph, the text it stands for, and how far it is to the right of its cluster's left edge and above the line."""

    number: int
    text: str
    right: int = 0
    up: int = 0


@dataclass(frozen=True, slots=True)
class Cluster:
    """Characters that cannot be parted, up to `end`, with their glyphs in the order they are read."""

    end: int
    advance: int
    glyphs: tuple[Glyph, ...]


def shape(face: Face, text: str, *, script: str, right_to_left: bool) -> list[Cluster]:
    """The text's clusters in the order they are read."""
    import uharfbuzz as hb

    buffer: Any = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    # A fixed language: the guessed one is that of the process.
    buffer.language = "en"
    buffer.direction = "rtl" if right_to_left else "ltr"
    buffer.flags = hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
    hb.shape(face.font, buffer, _AS_IN_PLAIN_TEXT if script in _UNSHAPED else {})
    glyphs = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
    groups = [(start, list(each)) for start, each in groupby(glyphs, key=lambda glyph: glyph[0].cluster)]
    if not groups:
        return []
    if right_to_left:
        groups.reverse()
    ends = [start for start, _ in groups[1:]] + [len(text)]
    if groups[0][0]:
        groups[0] = (0, groups[0][1])
    return [_cluster(text[start:end], end, group, right_to_left=right_to_left)
            for (start, group), end in zip(groups, ends, strict=True)]  # fmt: skip


def _cluster(text: str, end: int, group: list[Any], *, right_to_left: bool) -> Cluster:
    at, placed = 0, []
    for info, place in group:
        up = max(-HIGHEST, min(HIGHEST, place.y_offset))
        placed.append((info.codepoint, at + place.x_offset, up, place.x_advance))
        at += place.x_advance
    if right_to_left:
        placed.reverse()
    texts = _dealt(text, [bool(advance) and not up for _, _, up, advance in placed])
    glyphs = (Glyph(glyph, spelled, x, up) for (glyph, x, up, _), spelled in zip(placed, texts, strict=True))
    return Cluster(end, at, tuple(glyphs))


def _dealt(text: str, letters: list[bool]) -> list[str]:
    """The characters that each glyph of a cluster stands for: one each for its letters, the first one having what is
    too much. Marks have none unless there are too many: readers that sort by place would part them from the letter."""
    count = max(1, sum(letters))
    spare = max(1, len(text) - count + 1)
    first, rest = text[:spare], [*text[spare:]]
    over = [*first[_MOST_CHARACTERS:]]
    dealt = [first[:_MOST_CHARACTERS]]
    for is_letter in letters[1:]:
        waiting = rest if is_letter else over
        dealt.append(waiting.pop(0) if waiting else "")
    return dealt
