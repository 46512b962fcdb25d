"""Texts beyond the simple font: for each character a font that has it, and the operators that show its glyphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.files.fonts.composite import CompositeFont
from connectors.files.fonts.face import Face
from connectors.files.fonts.sources import FontSource


class Composer:
    def __init__(self, face: Face, others: Iterator[FontSource], *, bold: bool,
                 resource: Callable[[CompositeFont, int], str]) -> None:  # fmt: skip
        self._others, self._bold, self._resource = others, bold, resource
        self._fonts = [CompositeFont(face)]
        self._glyphs: dict[str, tuple[CompositeFont, int]] = {}
        self.missing: dict[str, None] = {}

    def width(self, text: str) -> int:
        return self.advances(text)[1]

    def advances(self, text: str) -> tuple[list[tuple[int, int]], int]:
        ends, total = [], 0
        for end, character in enumerate(text, 1):
            font, glyph = self._glyph(character)
            total += font.face.advance(glyph)
            ends.append((end, total))
        return ends, total

    def operators(self, text: str) -> str:
        pieces, current, codes = [], "", ""
        for character in text:
            font, glyph = self._glyph(character)
            layer, code = font.code(glyph, character)
            if not glyph:
                self.missing[character] = None
            resource = self._resource(font, layer)
            if resource != current:
                if codes:
                    pieces.append(f"<{codes}>Tj")
                pieces.append(f"{resource} 1000 Tf")
                current, codes = resource, ""
            codes += f"{code:04x}"
        return "".join([*pieces, f"<{codes}>Tj"])

    def _glyph(self, character: str) -> tuple[CompositeFont, int]:
        """The first font that has the character, and its glyph there; the box of the first where none has."""
        known = self._glyphs.get(character)
        if known is None:
            font = next((each for each in self._tried() if each.face.glyph(character)), self._fonts[0])
            known = self._glyphs[character] = (font, font.face.glyph(character))
        return known

    def _tried(self) -> Iterator[CompositeFont]:
        yield from self._fonts
        for source in self._others:
            font = CompositeFont(Face(source, bold=self._bold))
            self._fonts.append(font)
            yield font
