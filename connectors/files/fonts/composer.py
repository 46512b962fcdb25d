"""Texts beyond the plain letters: their parts shaped, put in place and drawn, each distinct one once."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate

from connectors.files.fonts.bidi import visual_order
from connectors.files.fonts.characters import COMMON, JOINER, MARK, script
from connectors.files.fonts.composite import CompositeFont
from connectors.files.fonts.fallback import Fallback, Part
from connectors.files.fonts.letters import Letters
from connectors.files.fonts.pen import Pen
from connectors.files.fonts.segment import Segment, plain_segment, shaped_segment

_EUROPEAN = re.compile("[1-9]")
_EASTERN = frozenset("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")
_MOST_KEPT = 2_000_000
"""Characters of texts that are remembered before all are forgotten: a batch measures them first and writes them later.
A character in them takes about 150 bytes."""


class Composer:
    def __init__(self, fallback: Fallback, letters: Letters, *, resource: Callable[[CompositeFont, int], str]) -> None:
        self._fallback, self._letters = fallback, letters
        self._pen = Pen(fallback.own, letters, resource)
        self._kept = 0
        self._texts: dict[str, list[Segment]] = {}
        self._layouts: dict[str, list[Part]] = {}
        self._segments: dict[tuple[int, str, int, str], Segment] = {}

    def width(self, text: str) -> int:
        return sum([segment.width for segment in self._composed(text)])

    def advances(self, text: str) -> tuple[list[tuple[int, int]], int]:
        """Where the text may be cut, each with the width up to there, and its whole width."""
        ends, start, total = [], 0, 0
        for segment in self._composed(text):
            ends += [(start + end, total + width) for end, width in segment.ends()]
            start, total = start + len(segment.text), total + segment.width
        return ends, total

    def operators(self, text: str) -> str:
        """The parts in the order they are read, each at its place: text is taken out of a PDF in the order it is
        written."""
        segments = self._composed(text)
        lefts = _lefts(segments)
        pieces: list[str] = []
        pen = 0
        for left, segment in zip(lefts, segments, strict=True):
            drawn = segment.drawn or self._pen.draw(segment)
            pieces += (self._pen.move(left + drawn.start - pen), drawn.operators)
            pen = left + drawn.end
        if _ends_right_to_left(segments):
            pieces.append(self._pen.turn())
        return "".join(pieces)

    def _composed(self, text: str) -> list[Segment]:
        known = self._texts.get(text)
        if known is None:
            if self._kept > _MOST_KEPT:
                self._texts.clear()
                self._layouts.clear()
                self._segments.clear()
                self._kept = 0
            known = self._texts[text] = [self._segment(text, part) for part in self._layout(text)]
            self._kept += len(text)
        return known

    def _layout(self, text: str) -> list[Part]:
        """The text's parts; texts that differ in digits alone have the same."""
        shape = _EUROPEAN.sub("0", text)
        known = self._layouts.get(shape)
        if known is None:
            known = self._layouts[shape] = self._fallback.parts(shape)
        return known

    def _segment(self, text: str, part: Part) -> Segment:
        start, end, level, font, kind = part
        words = text[start:end]
        if font is self._fallback.own and not level % 2 and self._letters.have(words):
            return plain_segment(self._letters, words, level=level)
        key = (id(font), kind, level, words)
        known = self._segments.get(key)
        if known is None:
            known = self._segments[key] = shaped_segment(font, words, script=kind, level=level)
        return known


def _lefts(segments: list[Segment]) -> list[int]:
    """Where each part begins from the left edge of the text."""
    order = visual_order([segment.level for segment in segments])
    edges = accumulate((segments[place].width for place in order), initial=0)
    lefts = [0] * len(segments)
    for place, left in zip(order, edges, strict=False):
        lefts[place] = left
    return lefts


def _ends_right_to_left(segments: list[Segment]) -> bool:
    """Whether no letter or European digit follows on the last right to left part."""
    for segment in reversed(segments):
        if segment.level % 2:
            return True
        letters = (each for each in segment.text if script(each) not in (COMMON, MARK, JOINER))
        if any(each not in _EASTERN for each in letters):
            return False
    return False
