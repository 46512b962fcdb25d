"""Decimals that are written as texts, with all their digits: how columns of many digits are made (TEXT DECIMAL)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import polars as pl

from connectors.databases.column import Misfit
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp


def written_decimals(precision: int, scale: int) -> Callable[[pl.Expr], pl.Expr]:
    """The decimals of texts, each of which has that form."""
    kind = pl.Decimal(precision, scale)
    form = rf"^-?\d{{1,{max(precision - scale, 1)}}}(?:\.\d{{0,{scale}}})?$"

    def taken(texts: pl.Series) -> pl.Series:
        if texts.null_count() == len(texts):
            return pl.Series(texts.name, [None] * len(texts), dtype=kind)
        if texts.dtype != pl.String or not texts.str.contains(form).all():
            raise Misfit("no decimal of that form")
        return texts.cast(kind)

    return lambda value: value.map_batches(taken, return_dtype=kind)


def no_written_decimal(value: exp.Expression, is_text: exp.Expression, precision: int, scale: int) -> exp.Expression:
    """Whether it is another value than a text of that form; null or false else."""
    from sqlglot import exp

    bare = sql.call("LTRIM", value, sql.text("-"))
    point = sql.call("INSTR", bare, sql.text("."))
    length = sql.call("LENGTH", bare)
    digits = sql.integer(max(precision - scale, 1))
    without = sql.call("LENGTH", sql.call("REPLACE", bare.copy(), sql.text("."), sql.text("")))
    is_whole = exp.and_(exp.EQ(this=point, expression=sql.integer(0)), exp.LTE(this=length, expression=digits))
    behind = exp.Sub(this=length.copy(), expression=point.copy())
    is_fraction = exp.and_(
        exp.Between(this=point.copy(), low=sql.integer(2), high=exp.Add(this=digits.copy(), expression=sql.integer(1))),
        exp.LTE(this=behind, expression=sql.integer(scale)),
    )
    fits = exp.and_(
        is_text, exp.Glob(this=bare.copy(), expression=sql.text("[0-9]*")),
        exp.Not(this=exp.Glob(this=bare.copy(), expression=sql.text("*[^0-9.]*"))),
        exp.LTE(this=exp.Sub(this=length.copy(), expression=without), expression=sql.integer(1)),
        exp.LTE(this=exp.Sub(this=sql.call("LENGTH", value.copy()), expression=length.copy()),
                expression=sql.integer(1)),
        exp.or_(is_whole, is_fraction),
    )  # fmt: skip
    is_there = exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))
    return cast("exp.Expression", exp.and_(is_there, exp.Not(this=exp.Paren(this=fits))))
