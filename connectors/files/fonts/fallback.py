"""Which font shows which part of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from connectors.files.fonts.characters import COMMON, DIGIT, JOINER, MARK, script
from connectors.files.fonts.composite import CompositeFont
from connectors.files.fonts.face import Face
from connectors.files.fonts.sources import FontSource


class Part(NamedTuple):
    """A stretch of text in one font and script."""

    start: int
    end: int
    font: CompositeFont
    script: str


class Fallback:
    """The document's own font, and others for what it has not; they are opened when they are first asked."""

    def __init__(self, face: Face, others: Iterator[FontSource], *, bold: bool) -> None:
        self.own = CompositeFont(face)
        self.missing: dict[str, None] = {}
        self._fonts, self._others, self._bold = [self.own], others, bold
        self._having: dict[str, CompositeFont] = {}

    def parts(self, text: str) -> Iterator[Part]:
        """Marks and joiners go with their letter, spaces and signs stay in the font that is in use if it has them;
        digits are those of plain columns."""
        start = 0
        font, kind = None, COMMON
        for place, character in enumerate(text):
            of = script(character)
            if font is not None and (of == JOINER or (of in (MARK, COMMON) and font.face.has(character))):
                continue
            wanted = self.own if of == DIGIT else self._font(character)
            of = COMMON if of in (MARK, DIGIT, JOINER) else of
            if font is None:
                font, kind = wanted, of
            elif wanted is not font or (of and kind and of != kind):
                yield Part(start, place, font, kind)
                start, font, kind = place, wanted, of
            else:
                kind = kind or of
        if font is not None:
            yield Part(start, len(text), font, kind)

    def _font(self, character: str) -> CompositeFont:
        """The first font that has the character; our own, with its box, where none has."""
        known = self._having.get(character)
        if known is None:
            found = next((each for each in self._tried() if each.face.has(character)), None)
            if found is None:
                self.missing[character] = None
            known = self._having[character] = found or self.own
        return known

    def _tried(self) -> Iterator[CompositeFont]:
        yield from self._fonts
        for source in self._others:
            font = CompositeFont(Face(source, bold=self._bold))
            self._fonts.append(font)
            yield font
