"""Texts beyond the plain letters: their words shaped, put in place and drawn, each distinct one once."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate

from connectors.files.fonts.bidi import RIGHT_TO_LEFT, runs, visual_order
from connectors.files.fonts.characters import COMMON, IDEOGRAPHS, JOINER, MARK, script
from connectors.files.fonts.composite import CompositeFont
from connectors.files.fonts.fallback import Fallback
from connectors.files.fonts.letters import Letters, wide_letters
from connectors.files.fonts.pen import Pen
from connectors.files.fonts.segment import Segment, plain_segment, shaped_segment

_WORDS = re.compile(rf"[{IDEOGRAPHS}]+|[^\s{IDEOGRAPHS}]+\s*|\s+")
_EUROPEAN = re.compile("[1-9]")
_EASTERN = frozenset("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")
_MOST_KEPT = 1_000_000
"""Characters of words and of texts that are remembered before all are forgotten: 160 MB where no word comes twice."""


class Composer:
    def __init__(self, fallback: Fallback, letters: Letters, *, resource: Callable[[CompositeFont, int], str]) -> None:
        self._fallback, self._letters, self._resource = fallback, letters, resource
        self._pen = Pen(fallback.own, resource)
        self._kept = 0
        self._texts: dict[str, list[Segment]] = {}
        self._runs: dict[str, list[tuple[int, int, int]]] = {}
        self._words: dict[tuple[str, int], list[Segment]] = {}
        self._wide: dict[CompositeFont, Letters] = {}

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
        pieces: list[str] = []
        pen = 0
        for left, segment in zip(_lefts(segments), segments, strict=True):
            drawn = segment.drawn or self._pen.draw(segment)
            start = left + drawn.start
            if start != pen:
                pieces.append(self._pen.move(start - pen))
            pieces.append(drawn.operators)
            pen = left + drawn.end
        if _ends_right_to_left(segments):
            pieces.append(self._pen.turn())
        return "".join(pieces)

    def _composed(self, text: str) -> list[Segment]:
        known = self._texts.get(text)
        if known is None:
            self._keep(text)
            known = self._texts[text] = [
                segment for start, end, level in self._runs_of(text) for segment in self._run(text[start:end], level)
            ]
        return known

    def _keep(self, text: str) -> None:
        self._kept += len(text)
        if self._kept > _MOST_KEPT:
            self._texts.clear()
            self._runs.clear()
            self._words.clear()
            self._kept = len(text)

    def _runs_of(self, text: str) -> list[tuple[int, int, int]]:
        """The text's directions; texts that differ in digits alone have the same."""
        if not RIGHT_TO_LEFT.search(text):
            return [(0, len(text), 0)]
        shape = _EUROPEAN.sub("0", text)
        known = self._runs.get(shape)
        if known is None:
            known = self._runs[shape] = runs(shape)
        return known

    def _run(self, text: str, level: int) -> list[Segment]:
        found: list[Segment] = []
        plain = ""
        for word in _WORDS.findall(text):
            if not level % 2 and self._letters.have(word):
                plain += word
                continue
            if plain:
                found.append(plain_segment(self._letters, plain, level=level))
                plain = ""
            known = self._words.get((word, level))
            if known is None:
                self._keep(word)
                known = self._words[word, level] = self._word(word, level)
            found += known
        return [*found, plain_segment(self._letters, plain, level=level)] if plain else found

    def _word(self, word: str, level: int) -> list[Segment]:
        return [self._part(word[start:end], font, kind, level) for start, end, font, kind in self._fallback.parts(word)]

    def _part(self, text: str, font: CompositeFont, kind: str, level: int) -> Segment:
        if not level % 2:
            if font is self._fallback.own and self._letters.have(text):
                return plain_segment(self._letters, text, level=level)
            if font not in self._wide:
                self._wide[font] = wide_letters(font, self._resource)
            if self._wide[font].have(text):
                return plain_segment(self._wide[font], text, level=level)
        return shaped_segment(font, text, script=kind, level=level)


def _lefts(segments: list[Segment]) -> list[int]:
    """Where each part begins from the left edge of the text."""
    levels = [segment.level for segment in segments]
    order = visual_order(levels) if any(levels) else range(len(segments))
    edges = accumulate([segments[place].width for place in order], initial=0)
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
