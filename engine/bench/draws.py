"""Numbers drawn by a seed: the same in every version of every library, since they are arithmetic on 64 bits."""

from __future__ import annotations

import polars as pl

_ODD = (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)
_HALF = 1 << 32


def draw(number: pl.Expr, salt: int) -> pl.Expr:
    """An evenly spread unsigned 64-bit integer for each number; another `salt` draws anew."""
    mixed = (number.cast(pl.UInt64) + pl.lit(salt * 1_000_003, pl.UInt64)) * pl.lit(_ODD[0], pl.UInt64)
    mixed = (mixed ^ (mixed // _HALF)) * pl.lit(_ODD[1], pl.UInt64)
    mixed = (mixed ^ (mixed // _HALF)) * pl.lit(_ODD[0], pl.UInt64)
    return mixed ^ (mixed // _HALF)


def below(number: pl.Expr, salt: int, count: int) -> pl.Expr:
    """An integer from 0 to count - 1."""
    return (draw(number, salt) % count).cast(pl.Int64)


def one_of(number: pl.Expr, salt: int, words: list[str]) -> pl.Expr:
    """One of the words, each as often as the others."""
    return below(number, salt, len(words)).replace_strict(dict(enumerate(words)), return_dtype=pl.String)
