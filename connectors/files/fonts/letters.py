"""The letters that look the same beside any neighbour and fit into the simple font: most of most documents."""

from __future__ import annotations

from connectors.files.fonts.characters import is_plain
from connectors.files.fonts.face import Face
from connectors.files.fonts.simple import SimpleFont


class Letters:
    """One weight's plain letters, which `select` makes the font in force."""

    def __init__(self, face: Face, simple: SimpleFont, *, resource: str) -> None:
        self._face, self._simple = face, simple
        self.select = f"{resource} 1000 Tf"
        self._widths = {chr(code): face.advance(face.glyph(chr(code))) for code in range(32, 127)}
        self._is_plain: dict[str, bool] = dict.fromkeys(self._widths, True)

    def have(self, text: str) -> bool:
        """Whether they spell the text; characters get their codes as they are first asked about."""
        known = self._is_plain
        for character in text:
            plain = known.get(character)
            if plain is None:
                plain = known[character] = self._learn(character)
            if not plain:
                return False
        return True

    def _learn(self, character: str) -> bool:
        if not is_plain(character) or not self._face.has(character) or self._simple.code(character) is None:
            return False
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
        codes = self._simple.codes
        return f"<{bytes([codes[character] for character in text]).hex()}>Tj"

    def escape(self, character: str) -> str:
        """The character as it stands in a literal string."""
        return f"\\{self._simple.codes[character]:03o}"
