"""Null in, null out, where an engine's own function does not see to it."""

from __future__ import annotations

import polars as pl


def known(value: pl.Expr, *args: pl.Expr) -> pl.Expr:
    """`value`, null where any of the arguments is."""
    present = args[0].is_not_null()
    for each in args[1:]:
        present = present & each.is_not_null()
    return pl.when(present).then(value)
