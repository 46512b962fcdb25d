"""A font in a PDF: what texts measure, how they are written, and the glyphs that end up in the file."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFontFace

DIGITS = "[0-9]"
_ASCII = r"[ -~]"
_SIMPLE = {"\\": "\\\\", "(": "\\(", ")": "\\)"}
_NO_PICTURE = {"\n": " ", "\r": " ", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u200b": "", "\u00ad": ""}


class PdfFont:
    """Noto Sans, subset to what a document uses.

    A PDF font holds 256 codes, so the characters are spread over subsets as they come. The first one keeps ASCII
    under its own codes and has room for 160 others, which lets whole columns be encoded by one expression; only
    texts with characters beyond those are written piece by piece. A character without a glyph gets a code of its
    own that shows as a box and is still found by search and copied as what it is.
    """

    def __init__(self) -> None:
        from reportlab.pdfbase.ttfonts import TTFontFace

        font = files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf"
        self.face: TTFontFace = TTFontFace(font.open("rb"))
        self._widths: dict[str, int] = {chr(code): round(width) for code, width in self.face.charWidths.items()}
        self._box = round(self.face.defaultWidth)
        self.digit = self._widths["0"]
        # Codes 10 and 13 are left free: a reader may normalise line ends inside a string.
        self._free = [[code for code in (*range(1, 32), *range(127, 256)) if code not in (10, 13)]]
        self.subsets: list[list[int]] = [[code if 32 <= code < 127 else 0 for code in range(256)]]
        self._codes: dict[str, tuple[int, int]] = {chr(code): (0, code) for code in range(32, 127)}
        self.missing: dict[str, int] = {}

    def width(self, text: str) -> int:
        """The text's width in thousandths of the font size."""
        return sum(self._widths.get(character, self._box) for character in text)

    def widths(self, texts: pl.Series) -> pl.Series:
        """The width of each text. All digits are equally wide, so numbers share the few shapes around their digits."""
        shapes = texts.str.replace_all(DIGITS, "")
        distinct = shapes.unique()
        measured = pl.Series([self.width(shape) for shape in distinct], dtype=pl.Int32)
        return shapes.replace_strict(distinct, measured) + texts.str.count_matches(DIGITS) * self.digit

    def cut(self, text: str, most: int) -> str:
        """The longest beginning of the text that leaves room for an ellipsis within `most`."""
        room = most - self._widths["…"]
        for index, character in enumerate(text):
            room -= self._widths.get(character, self._box)
            if room < 0:
                return text[:index].rstrip() + "…"
        return text

    def clean(self, texts: pl.Expr) -> pl.Expr:
        """One line of text without characters that have no picture by nature."""
        return texts.str.replace_many(list(_NO_PICTURE), list(_NO_PICTURE.values()))

    def operators(self, texts: pl.Series) -> pl.Series:
        """The operator that shows each (clean) text, with this font's first subset in force before and after."""
        others = self._beyond_ascii(texts)
        for character in others:
            self._code(character)
        escapes = _SIMPLE | {each: f"\\{self._codes[each][1]:03o}" for each in others if self._codes[each][0] == 0}
        beyond = [each for each in others if self._codes[each][0] > 0]
        escaped = texts
        if others or texts.str.contains(r"[\\()]").any():
            escaped = texts.str.replace_many(list(escapes), list(escapes.values()))
        shown = pl.select(pl.concat_str([pl.lit("("), pl.lit(escaped), pl.lit(")Tj")])).to_series()
        if not beyond:
            return shown
        apart = texts.str.contains_any(beyond)
        spelled = texts.filter(apart).unique()
        pieces = pl.Series([self.operator(each) for each in spelled], dtype=pl.String)
        return pl.select(pl.when(apart).then(texts.replace(spelled, pieces)).otherwise(shown)).to_series()

    def _beyond_ascii(self, texts: pl.Series) -> list[str]:
        """The characters that are not ASCII, in a fixed order."""
        if (texts.str.len_bytes() == texts.str.len_chars()).all():
            return []
        return sorted(set("".join(texts.str.replace_all(_ASCII, "").unique())))

    def operator(self, text: str) -> str:
        """The operators that show one text, changing subsets where it needs to."""
        pieces: list[str] = []
        current = 0
        codes: list[int] = []
        for character in text:
            subset, code = self._code(character)
            if subset != current:
                pieces.append(f"<{bytes(codes).hex()}>Tj/F{subset} 1000 Tf" if codes else f"/F{subset} 1000 Tf")
                current, codes = subset, []
            codes.append(code)
        pieces.append(f"<{bytes(codes).hex()}>Tj")
        if current:
            pieces.append("/F0 1000 Tf")
        return "".join(pieces)

    def _code(self, character: str) -> tuple[int, int]:
        """The character's subset and code, given at its first use."""
        known = self._codes.get(character)
        if known is None:
            if not self._free[-1]:
                self._free.append([*range(33, 256)])
                self.subsets.append([32 if code == 32 else 0 for code in range(256)])
            subset, code = len(self._free) - 1, self._free[-1].pop(0)
            self.subsets[subset][code] = ord(character)
            known = self._codes[character] = (subset, code)
            if character not in self._widths:
                self.missing[character] = self.missing.get(character, 0) + 1
        return known
