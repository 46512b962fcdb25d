"""Lines of text on a page: how wide they come out, where they break, and the operators that show them."""

from __future__ import annotations

from connectors.files.fonts.characters import NO_PICTURE
from connectors.files.pdf_font import PdfFont
from connectors.files.pdf_fonts import PdfFonts

_ONE_LINE = str.maketrans(NO_PICTURE)
_LINES = str.maketrans(NO_PICTURE | {"\n": "\n", "\r": "\n"})


class Lettering:
    """The document's letters, regular and bold. Widths of its fonts are in thousandths of the letter size."""

    def __init__(self) -> None:
        self.fonts = PdfFonts()
        self.regular, self.bold = self.fonts.regular, self.fonts.bold
        self.select = self.regular.select

    def font(self, *, bold: bool) -> PdfFont:
        return self.bold if bold else self.regular

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """In points."""
        return self.font(bold=bold).width(self.clean(text)) * size / 1000

    def clean(self, text: str) -> str:
        """The text as one line that can be shown."""
        return text if text.isascii() and text.isprintable() else text.translate(_ONE_LINE)

    def plain(self, text: str) -> str:
        """Operators that show a line, with the regular font in force before and after."""
        return self.regular.operator(self.clean(text))

    def strong(self, text: str) -> str:
        """The same in bold letters."""
        return f"{self.bold.select}{self.bold.operator(self.clean(text))}{self.select}"

    def strong_width(self, text: str) -> int:
        return self.bold.width(self.clean(text))

    def wrapped(self, text: str, most: int, *, bold: bool = False) -> list[str]:
        """The text in lines of at most `most`, broken at its own line breaks and where its script allows."""
        return self.font(bold=bold).wrap(text.replace("\r\n", "\n").translate(_LINES), most)

    def cut(self, text: str, room: float, size: float, *, bold: bool = False) -> str:
        """The text, or as much of it as there is room for in points."""
        return self.font(bold=bold).cut(self.clean(text), max(0, int(room * 1000 / size)))

    def line(self, text: str, x: float, y: float, size: float, colour: str, *, bold: bool = False) -> str:
        """A line by itself, at `x` from the left and `y` from the foot of the page."""
        unit = size / 1000
        shown = self.strong(text) if bold else self.plain(text)
        return f"q {unit:g} 0 0 {unit:g} {x:.2f} {y:.2f} cm {colour} rg BT {self.select} 0 0 Td{shown} ET Q"
