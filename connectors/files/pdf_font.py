"""A weight of a PDF's letters: what texts measure, how they are written, and where their lines may end."""

from __future__ import annotations

import polars as pl

from connectors.files.fonts.bidi import in_direction_of
from connectors.files.fonts.breaks import wrapped
from connectors.files.fonts.characters import NO_PICTURE, PICTURELESS
from connectors.files.fonts.composer import Composer
from connectors.files.fonts.letters import Letters

_DIGITS = "[0-9]+"
_MOST_WORDS = 20_000
_ASCII = r"[ -~]"
_SIMPLE = {"\\": "\\\\", "(": "\\(", ")": "\\)"}


class PdfFont:
    """The letters of one weight.

    A PDF font holds 256 codes. The simple font keeps ASCII under its own codes and has room for 160 others, which lets
    whole columns be encoded by one expression; only texts with characters beyond those, or of scripts whose letters
    change with their neighbours, are written by the composer, each distinct one once. Widths are in thousandths of the
    letter size. Operators expect `select` in force, and leave it so.
    """

    def __init__(self, letters: Letters, composer: Composer) -> None:
        self._letters, self._composer = letters, composer
        self._words: dict[str, int] = {}
        self.select = letters.select
        assert letters.have("0")
        self.digit = letters.width("0")

    def width(self, text: str) -> int:
        """The text's width in thousandths of the letter size."""
        if self._letters.have(text):
            return self._letters.width(text)
        return self._composer.width(text.translate(PICTURELESS))

    def widths(self, texts: pl.Series) -> pl.Series:
        """The width of each text. All digits are equally wide, so numbers share the few shapes around their digits."""
        apart = self._apart(texts)
        plain = texts if apart is None else texts.set(apart, "")
        shapes = plain.str.replace_all(_DIGITS, "")
        distinct = shapes.unique()
        measured = pl.Series([self.width(shape) for shape in distinct], dtype=pl.Int32)
        digits = (plain.str.len_bytes() - shapes.str.len_bytes()).cast(pl.Int32)
        widths = shapes.replace_strict(distinct, measured) + digits * self.digit
        if apart is None:
            return widths
        composed = texts.filter(apart).unique()
        measured = pl.Series([self._composer.width(text) for text in composed], dtype=pl.Int32)
        others = texts.replace_strict(composed, measured, default=0, return_dtype=pl.Int32)
        return pl.select(pl.when(apart).then(others).otherwise(widths)).to_series()

    def cut(self, text: str, most: int) -> str:
        """The longest beginning of the text that leaves room for an ellipsis within `most`."""
        ends, total = self._advances(text)
        if total <= most:
            return text
        room = most - self.width("…")
        for end in sorted((end for end, width in ends if width <= room), reverse=True):
            shortened = text[:end].rstrip() + "…"
            # Letters that join their neighbours are wider where none follows.
            if self.width(shortened) <= most:
                return shortened
        return "…"

    def wrap(self, text: str, most: int) -> list[str]:
        """The text in lines at most `most` wide, broken where its scripts allow, a word only if it is wider itself."""
        return [line for each in text.split("\n") for line in self._wrapped(each, most)]

    def _wrapped(self, text: str, most: int) -> list[str]:
        lines = wrapped(text, most, width=self._word_width, advances=self._advances)
        return lines if len(lines) == 1 else in_direction_of(text, lines)

    def _word_width(self, word: str) -> int:
        known = self._words.get(word)
        if known is None:
            if len(self._words) > _MOST_WORDS:
                self._words.clear()
            known = self._words[word] = self.width(word)
        return known

    def clean(self, texts: pl.Expr) -> pl.Expr:
        """One line of text without characters that have no picture by nature."""
        return texts.str.replace_many(list(NO_PICTURE), list(NO_PICTURE.values()))

    def operators(self, texts: pl.Series) -> pl.Series:
        """The operators that show each (clean) text."""
        apart = self._apart(texts)
        others = self._beyond_ascii(texts if apart is None else texts.filter(~apart))
        escapes = _SIMPLE | {each: f"\\{int(self._letters.codes[each], 16):03o}" for each in others}
        escaped = texts
        if others or texts.str.contains(r"[\\()]").any():
            escaped = texts.str.replace_many(list(escapes), list(escapes.values()))
        shown = pl.select(pl.concat_str([pl.lit("("), pl.lit(escaped), pl.lit(")Tj")])).to_series()
        if apart is None:
            return shown
        distinct = texts.filter(apart).unique(maintain_order=True)
        composed = pl.Series([self.operator(each) for each in distinct], dtype=pl.String)
        return pl.select(pl.when(apart).then(texts.replace(distinct, composed)).otherwise(shown)).to_series()

    def operator(self, text: str) -> str:
        """The operators that show one text."""
        if self._letters.have(text):
            return self._letters.operator(text)
        return f"{self._composer.operators(text.translate(PICTURELESS))}{self.select}"

    def _beyond_ascii(self, texts: pl.Series) -> list[str]:
        """The characters that are not ASCII, in a fixed order."""
        if (texts.str.len_bytes() == texts.str.len_chars()).all():
            return []
        return sorted(set("".join(texts.str.replace_all(_ASCII, "").unique())))

    def _apart(self, texts: pl.Series) -> pl.Series | None:
        """Which texts are the composer's; none of them is the rule."""
        composed = [each for each in self._beyond_ascii(texts) if not self._letters.have(each)]
        return texts.str.contains_any(composed) if composed else None

    def _advances(self, text: str) -> tuple[list[tuple[int, int]], int]:
        """Where the text may be cut with the width up to there, and its whole width."""
        known = self._letters if self._letters.have(text) else self._composer
        return known.advances(text)
