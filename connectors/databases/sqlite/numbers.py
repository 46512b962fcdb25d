"""Numbers as the driver gives them, none of which was made of something else on the way."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from connectors.databases.column import Misfit

EXACT_DIGITS = 15
"""A double tells decimals of so many digits apart."""


def integers(value: pl.Expr) -> pl.Expr:
    return value.map_batches(_integers, return_dtype=pl.Int64())


def numbers(value: pl.Expr) -> pl.Expr:
    return value.map_batches(_numbers, return_dtype=pl.Float64())


def booleans(value: pl.Expr) -> pl.Expr:
    return value.map_batches(_booleans, return_dtype=pl.Boolean())


def decimals(precision: int, scale: int) -> Callable[[pl.Expr], pl.Expr]:
    """Of reals each of which is the nearest one to a decimal of that scale; infinity stands for what is no number."""
    kind = pl.Decimal(precision, scale)

    def taken(values: pl.Series) -> pl.Series:
        values = _numbers(values)
        try:
            found = values.cast(kind)
        except pl.exceptions.PolarsError as error:
            raise Misfit("too large") from error
        if not (found.cast(pl.Float64) == values).all():
            raise Misfit("more digits behind the point")
        return found

    return lambda value: value.map_batches(taken, return_dtype=kind)


def _integers(values: pl.Series) -> pl.Series:
    # the driver widens a column where the first rows hold other kinds of values
    if values.dtype != pl.Int64:
        raise Misfit(f"{values.dtype} among integers")
    return values


def _numbers(values: pl.Series) -> pl.Series:
    if values.dtype == pl.Int64 and values.null_count() == len(values):
        return values.cast(pl.Float64)
    if values.dtype != pl.Float64:
        raise Misfit(f"{values.dtype} among numbers")
    return values


def _booleans(values: pl.Series) -> pl.Series:
    if not _integers(values).is_between(0, 1).all():
        raise Misfit("another number than 0 and 1")
    return values.cast(pl.Boolean)
