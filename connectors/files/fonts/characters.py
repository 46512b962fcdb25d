"""What is to be known of single characters: without a picture, plain, or in need of shaping."""

from __future__ import annotations

import unicodedata

_CONTROLS_OF_DIRECTION = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NO_PICTURE = {
    "\n": " ", "\r": " ", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2028": " ", "\u2029": " ",
    "\u200b": "", "\u00ad": "", "\u2060": "", "\ufeff": "", **dict.fromkeys(_CONTROLS_OF_DIRECTION, ""),
}  # fmt: skip
"""What stands for characters that have no picture by nature. Each text has its own direction, which follows from its
letters: embeddings, overrides and isolates in data could only show it in another order than it is read."""
_SHAPED = ((0x0590, 0x109F), (0x1100, 0x11FF), (0x1700, 0x1CFF), (0xA800, 0xABFF), (0xD7B0, 0xD7FF), (0xFB1D, 0xFDFF),
           (0xFE70, 0xFEFF), (0x10800, 0x11FFF), (0x16A00, 0x16FFF), (0x1E000, 0x1EFFF))  # fmt: skip


def is_plain(character: str) -> bool:
    """Whether it looks the same beside any neighbour and is written left to right: no mark, no joining letter."""
    code = ord(character)
    if any(first <= code <= last for first, last in _SHAPED):
        return False
    return unicodedata.category(character) not in ("Mn", "Mc", "Me", "Cf", "Cs")
