"""Letters that look the same beside any neighbour: most of most documents, and all of Chinese and Japanese ones."""

from __future__ import annotations

from collections.abc import Callable

from connectors.files.fonts.characters import is_plain
from connectors.files.fonts.composite import CompositeFont
from connectors.files.fonts.face import Face
from connectors.files.fonts.simple import SimpleFont


class Letters:
    """Letters of one font that have each one code, given at their first use; `select` makes it the font in force."""

    def __init__(self, face: Face, *, code: Callable[[str], str | None], select: Callable[[], str]) -> None:
        self._face, self._code, self._select = face, code, select
        self._known: dict[str, bool] = {}
        self._widths: dict[str, int] = {}
        self.codes: dict[str, str] = {}

    @property
    def select(self) -> str:
        return self._select()

    def have(self, text: str) -> bool:
        """Whether they spell the text."""
        known = self._known
        for character in text:
            plain = known.get(character)
            if plain is None:
                plain = known[character] = self._learn(character)
            if not plain:
                return False
        return True

    def _learn(self, character: str) -> bool:
        if not is_plain(character) or not self._face.has(character):
            return False
        code = self._code(character)
        if code is None:
            return False
        self.codes[character] = code
        self._widths[character] = self._face.advance(self._face.glyph(character))
        return True

    def width(self, text: str) -> int:
        widths = self._widths
        return sum([widths[character] for character in text])

    def advances(self, text: str) -> tuple[list[tuple[int, int]], int]:
        """Where the text may be cut with the width up to there, and its whole width."""
        ends, total = [], 0
        for end, character in enumerate(text, 1):
            total += self._widths[character]
            ends.append((end, total))
        return ends, total

    def operator(self, text: str) -> str:
        codes = self.codes
        return f"<{''.join([codes[character] for character in text])}>Tj"


def narrow_letters(face: Face, font: SimpleFont, *, select: str) -> Letters:
    def code(character: str) -> str | None:
        found = font.code(character)
        return None if found is None else f"{found:02x}"

    return Letters(face, code=code, select=lambda: select)


def wide_letters(font: CompositeFont, resource: Callable[[CompositeFont, int], str]) -> Letters:
    """Those of the font's first layer."""

    def code(character: str) -> str | None:
        layer, found = font.code(font.face.glyph(character), character)
        return None if layer else f"{found:04x}"

    return Letters(font.face, code=code, select=lambda: f"{resource(font, 0)} 1000 Tf")
