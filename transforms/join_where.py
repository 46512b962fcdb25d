"""A join whose rows must meet a condition beside their keys, on Polars; DuckDB takes it in its `on`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import polars as pl

from transforms.expressions.polars_columns import all_exact, exact

if TYPE_CHECKING:
    from transforms.join import How

_LEFT_ROW, _RIGHT_ROW = "__left_row", "__right_row"
_MET, _ROW_OF = "__met", "__row_of"
_PAIRS: dict[str, Literal["inner", "left", "right", "full", "cross"]] = {
    "inner": "inner", "left": "left", "right": "right", "full": "full", "semi": "inner", "anti": "left",
    "cross": "cross",
}  # fmt: skip


def join_where(
    left: pl.LazyFrame, right: pl.LazyFrame, where: pl.Expr, *, how: How, left_on: Sequence[str],
    right_on: Sequence[str], left_names: Sequence[str], right_names: Sequence[str],
) -> pl.LazyFrame:  # fmt: skip
    """The rows of both sides whose keys are equal and for which `where` is true, with the columns of both sides.

    Each side is read once: pairs with equal keys are made, and a row none of whose pairs meets the condition stays
    as `how` says, with nulls for the other side. `right_names` holds a column that is never null.
    """
    left, right = left.with_row_index(_LEFT_ROW), right.with_row_index(_RIGHT_ROW)
    if how == "cross":
        pairs = left.join(right, how="cross")
    else:
        pairs = left.join(right, left_on=all_exact(left_on), right_on=list(right_on), how=_PAIRS[how], coalesce=False)
    pair = pl.col(_LEFT_ROW).is_not_null() & pl.col(_RIGHT_ROW).is_not_null()
    pairs = pairs.with_columns((where.fill_null(False) & pair).alias(_MET))
    met = pl.col(_MET)
    if how in {"inner", "cross"}:
        return pairs.filter(met)
    if how == "semi":
        return pairs.filter(met).unique(_LEFT_ROW)
    left_alone, right_alone = _alone(_LEFT_ROW), _alone(_RIGHT_ROW)
    if how == "anti":
        return pairs.filter(left_alone)
    if how == "left":
        return pairs.filter(met | left_alone).with_columns(_where(met, right_names))
    if how == "right":
        return pairs.filter(met | right_alone).with_columns(_where(met, left_names))
    # a pair that does not meet the condition may be the last of its left row, of its right row, or of both
    kinds = [
        pl.when(each).then(pl.lit(kind)) for each, kind in ((met, "both"), (left_alone, "left"), (right_alone, "right"))
    ]
    rows = pairs.with_columns(pl.concat_list(kinds).list.drop_nulls().alias(_ROW_OF)).explode(_ROW_OF)
    rows = rows.filter(pl.col(_ROW_OF).is_not_null())
    return rows.with_columns(
        *_where(pl.col(_ROW_OF) != "right", left_names), *_where(pl.col(_ROW_OF) != "left", right_names)
    )


def _alone(row: str) -> pl.Expr:
    """One pair of each row that no pair of it meets the condition."""
    number = pl.col(row)
    return number.is_not_null() & ~pl.col(_MET).any().over(row) & number.is_first_distinct()


def _where(condition: pl.Expr, names: Sequence[str]) -> list[pl.Expr]:
    return [pl.when(condition).then(exact(name)).alias(name) for name in names]
