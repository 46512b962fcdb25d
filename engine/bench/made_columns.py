"""Columns of any length that look like those of a sample."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from engine.bench.draws import below, draw
from ir import types as t
from transforms.dtypes import polars_dtype

_MANY = 0.9
"""A column with so many distinct values among those of the sample has new ones in further rows."""


class Domain:
    """The values a key may take, by number: those of the sample first, then new ones of the same kind."""

    def __init__(self, kind: t.DataType, seen: Sequence[Any]) -> None:
        self.kind = kind
        self.seen = sorted(set(seen)) if seen else []

    def values(self, count: int) -> pl.Series:
        made = [*self.seen[:count], *(self._new(number) for number in range(count - len(self.seen)))]
        return pl.Series(made, dtype=polars_dtype(self.kind), strict=False)

    def _new(self, number: int) -> Any:
        last = self.seen[-1] if self.seen else None
        match self.kind:
            case t.Date():
                return last and last + timedelta(days=number + 1)
            case t.Datetime():
                return last and last + timedelta(minutes=number + 1)
            case t.Integer() | t.Number() | t.Decimal():
                return (last or 0) + number + 1
            case t.String() | t.Json():
                return further_text(last or "value", number)
        return last


def further_text(text: str, number: int) -> str:
    """`text` with another number at its end: C-017 gives C-017000001 and so on, so that no other text is met."""
    return f"{text}{number:06d}" if re.search(r"\d$", text) else f"{text} {number:06d}"


def key_column(sample: pl.Series, domain: pl.Series, ids: pl.Expr, salt: int) -> pl.Expr:
    """Values of the domain, drawn; nulls as often as in the sample."""
    drawn = pl.lit(domain).gather(below(ids, salt, max(len(domain), 1)))
    return _with_nulls(drawn, sample, ids, salt)


def free_column(sample: pl.Series, kind: t.DataType, ids: pl.Expr, salt: int) -> pl.Expr:
    """Values as often as in the sample; where it has nearly no value twice, new ones between its least and greatest."""
    known = sample.drop_nulls()
    if known.is_empty():
        return pl.lit(None, dtype=polars_dtype(kind)) if len(sample) else _from_nothing(kind, ids, salt)
    is_spread = isinstance(kind, t.Integer | t.Number | t.Decimal | t.Date | t.Datetime)
    if is_spread and len(known) > 1 and known.n_unique() >= _MANY * len(known):
        return _with_nulls(_between(known, kind, ids, salt), sample, ids, salt)
    return pl.lit(sample).gather(below(ids, salt, len(sample)))


def _between(known: pl.Series, kind: t.DataType, ids: pl.Expr, salt: int) -> pl.Expr:
    if isinstance(kind, t.Integer) and known.is_sorted() and known[0] >= 0:
        running: pl.Expr = ids + known[0]  # a running number runs on
        return running
    share = draw(ids, salt).cast(pl.Float64) / 2.0**64
    dtype = polars_dtype(kind)
    if isinstance(kind, t.Number | t.Decimal):
        numbers = known.cast(pl.Float64)
        ends = numbers.filter(numbers.is_finite()).to_list() or [0.0]
        number: pl.Expr = pl.lit(min(ends), pl.Float64) + share * (max(ends) - min(ends))
        return number.round(kind.scale).cast(dtype) if isinstance(kind, t.Decimal) else number
    # days, microseconds or the integers themselves
    start, end = (int(pl.Series([each], dtype=dtype).to_physical()[0]) for each in (known.min(), known.max()))
    place = pl.lit(start, pl.Int64) + (share * (end - start)).cast(pl.Int64)
    return place.cast(pl.Int32 if isinstance(kind, t.Date) else pl.Int64).cast(dtype)


def _with_nulls(values: pl.Expr, sample: pl.Series, ids: pl.Expr, salt: int) -> pl.Expr:
    if not sample.null_count():
        return values
    share = round(1_000_000 * sample.null_count() / len(sample))
    return pl.when(below(ids, salt + 7919, 1_000_000) >= share).then(values)


def _from_nothing(kind: t.DataType, ids: pl.Expr, salt: int) -> pl.Expr:
    """For a source without rows: a thousand values of the type."""
    number = below(ids, salt, 1000)
    match kind:
        case t.String():
            return pl.format("value {}", number)
        case t.Integer() | t.Number() | t.Decimal() | t.Boolean():
            return (number % 2 == 0) if isinstance(kind, t.Boolean) else number.cast(polars_dtype(kind))
        case t.Date() | t.Datetime():
            return (number.cast(pl.Int32) + 19_700).cast(pl.Date).cast(polars_dtype(kind))
    return pl.lit(None, dtype=polars_dtype(kind))
