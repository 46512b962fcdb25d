"""What is to be known of single characters: without a picture, plain, or in need of shaping, and of which script."""

from __future__ import annotations

import unicodedata
from functools import cache

_CONTROLS_OF_DIRECTION = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NO_PICTURE = {
    "\n": " ", "\r": " ", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2028": " ", "\u2029": " ",
    "\u200b": "", "\u00ad": "", "\u2060": "", "\ufeff": "", **dict.fromkeys(_CONTROLS_OF_DIRECTION, ""),
}  # fmt: skip
"""What stands for characters that have no picture by nature. Each text has its own direction, which follows from its
letters: embeddings, overrides and isolates in data could only show it in another order than it is read."""
PICTURELESS = str.maketrans(NO_PICTURE) | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
"""The same for a text of our own, which may hold half a character; a column's cannot."""
_SHAPED = ((0x0590, 0x109F), (0x1100, 0x11FF), (0x1700, 0x1CFF), (0xA800, 0xABFF), (0xD7B0, 0xD7FF), (0xFB1D, 0xFDFF),
           (0xFE70, 0xFEFF), (0x10800, 0x11FFF), (0x16A00, 0x16FFF), (0x1E000, 0x1EFFF))  # fmt: skip
IDEOGRAPHS = "\u2e80-\u2fff\u3001-\u31bf\u3200-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
"""Chinese, Japanese and Korean characters with their punctuation, for a regular expression."""
_IDEOGRAPHIC = {"CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH"}
_ALPHABETS = {"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN"}
COMMON, ALPHABET, CJK, JOINER, MARK, DIGIT = "", "alphabet", "cjk", "joiner", "mark", "digit"


@cache
def is_plain(character: str) -> bool:
    """Whether it looks the same beside any neighbour and is written left to right: no mark, no joining letter."""
    code = ord(character)
    if any(first <= code <= last for first, last in _SHAPED):
        return False
    return unicodedata.category(character) not in ("Mn", "Mc", "Me", "Cf", "Cs")


@cache
def script(character: str) -> str:
    """The script of a letter, as its name begins; what is of none takes it from its neighbours."""
    category = unicodedata.category(character)
    if category == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F:
        return JOINER
    name = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    if category[0] == "M":
        return MARK if name in ("COMBINING", "VARIATION") else name
    if character in "0123456789":
        return DIGIT
    if category[0] in "LN" or name in _IDEOGRAPHIC:
        return CJK if name in _IDEOGRAPHIC else ALPHABET if name in _ALPHABETS else name or COMMON
    return COMMON
