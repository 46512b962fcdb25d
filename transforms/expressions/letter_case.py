"""Capital and small letters by one rule: each character by itself, to one character, as Unicode 15 has them.

DuckDB does that. Polars has the longer forms (ß to SS), a sigma that depends on its place, and newer alphabets.
"""

from __future__ import annotations

import functools

import polars as pl

_NEWER = ["ƛ\ua7dc", "ɤ\ua7cb", "\u1c8a\u1c89", "\ua7cd\ua7cc", "\ua7cf\ua7ce", "\ua7d3\ua7d2", "\ua7d5\ua7d4",
          "\ua7db\ua7da",
          *(chr(0x10D70 + each) + chr(0x10D50 + each) for each in range(22)),
          *(chr(0x16EBB + each) + chr(0x16EA0 + each) for each in range(25))]  # fmt: skip
"""Small and capital letters that Unicode paired after version 15: they stay as they are."""
_LONG = ((0xDF, 0xDF), (0x149, 0x149), (0x1F0, 0x1F0), (0x390, 0x390), (0x3B0, 0x3B0), (0x587, 0x587), (0x1E96,
                                                                                                        0x1E9A),
         (0x1F50, 0x1FFC), (0xFB00, 0xFB17))  # fmt: skip
"""Where the letters stand whose capital has more than one character elsewhere."""
_MARK = 0x10F000
"""Private characters that hold the place of what Polars would change."""


@functools.cache
def _capitals() -> dict[str, str]:
    """What has no capital of one character: ß has one since 2008, iota below a vowel stays below."""
    long = [each for first, last in _LONG for each in map(chr, range(first, last + 1)) if len(each.upper()) > 1]
    found = {each: each.title() if len(each.title()) == 1 else each for each in long}
    return {**found, "ß": "ẞ", **{pair[0]: pair[0] for pair in _NEWER}}


@functools.cache
def _small() -> dict[str, str]:
    return {"İ": "i", "Σ": "σ", **{pair[1]: pair[1] for pair in _NEWER}}


def upper(text: pl.Expr) -> pl.Expr:
    return _converted(text, _capitals(), "to_uppercase")


def lower(text: pl.Expr) -> pl.Expr:
    return _converted(text, _small(), "to_lowercase")


def _converted(text: pl.Expr, own: dict[str, str], method: str) -> pl.Expr:
    marks = [chr(_MARK + index) for index in range(len(own))]
    kept = text.str.replace_many(list(own), marks)
    found: pl.Expr = getattr(kept.str, method)().str.replace_many(marks, list(own.values()))
    return found
