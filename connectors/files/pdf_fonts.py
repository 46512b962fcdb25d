"""The fonts of one PDF: two weights of its letters, and what they fall back to."""

from __future__ import annotations

from connectors.files.fonts.composer import Composer
from connectors.files.fonts.composite import CompositeFont
from connectors.files.fonts.embedding import Objects
from connectors.files.fonts.face import Face
from connectors.files.fonts.fallback import Fallback
from connectors.files.fonts.letters import narrow_letters
from connectors.files.fonts.simple import SimpleFont
from connectors.files.fonts.sources import font_sources
from connectors.files.pdf_font import PdfFont


class PdfFonts:
    """`regular` is in the file as F0 and `bold` as F1; the fonts behind them follow as they are used."""

    def __init__(self) -> None:
        self._simple: list[SimpleFont] = []
        self._fallbacks: list[Fallback] = []
        self._resources: dict[tuple[int, int], str] = {}
        self._composites: list[CompositeFont] = []
        self.regular, self.bold = (self._weight(bold=each) for each in (False, True))

    def _weight(self, *, bold: bool) -> PdfFont:
        sources = font_sources(bold=bold)
        face = Face(next(sources), bold=bold)
        simple = SimpleFont(face)
        letters = narrow_letters(face, simple, select=f"/F{len(self._simple)} 1000 Tf")
        fallback = Fallback(face, sources, bold=bold)
        self._simple.append(simple)
        self._fallbacks.append(fallback)
        return PdfFont(letters, Composer(fallback, letters, resource=self._resource))

    def _resource(self, font: CompositeFont, layer: int) -> str:
        """The name of a layer of a font, given at its first use."""
        key = (id(font), layer)
        if key not in self._resources:
            if font not in self._composites:
                self._composites.append(font)
            self._resources[key] = f"/F{2 + len(self._resources)}"
        return self._resources[key]

    def put(self, objects: Objects) -> str:
        """Write the fonts; what a page's resources name them by."""
        numbers = {f"/F{index}": font.put(objects) for index, font in enumerate(self._simple)}
        for font in self._composites:
            for layer, number in enumerate(font.put(objects)):
                numbers[self._resources[id(font), layer]] = number
        return "".join(f"{name} {number} 0 R" for name, number in numbers.items())

    @property
    def missing(self) -> list[str]:
        """The characters that no font has a glyph for, in the order they came."""
        return list(dict.fromkeys(each for fallback in self._fallbacks for each in fallback.missing))

    @property
    def warnings(self) -> tuple[str, ...]:
        missing = self.missing
        if not missing:
            return ()
        count = len(missing)
        some = " ".join(each if each.isprintable() else f"U+{ord(each):04X}" for each in missing[:12])
        return (f"{'1 character has' if count == 1 else f'{count:,} characters have'} no picture in any font here"
                f" and {'shows as a box' if count == 1 else 'show as boxes'}: {some}",)  # fmt: skip
