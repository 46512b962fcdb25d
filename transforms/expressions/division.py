"""Division of a column by one value, correctly rounded on Polars too."""

from __future__ import annotations

import polars as pl

from transforms.expressions.tree import Apply, Field, FrameValue, Node
from transforms.expressions.window import Window


def divided_by_one(numbers: pl.Expr, divisor: pl.Expr) -> pl.Expr:
    """`numbers / divisor` for a divisor that is the same in every row, neither null nor 0.

    Polars multiplies by the reciprocal there, whose last digit is wrong for one value in five (x / 3.0); a clip to
    one value makes the divisor a column, for 2.5 ns a row.
    """
    return numbers / numbers.clip(divisor, divisor)


def is_one_value(node: Node, window: Window | None) -> bool:
    """Whether the node is the same in every row: a constant, or an aggregate over all rows beside them."""
    if isinstance(node, Field | FrameValue) or (isinstance(node, Apply) and node.function.kind == "window"):
        return False
    if not isinstance(node, Apply):
        return True
    if node.function.kind == "aggregate":
        return window is not None and not window.partition_by and window.frame is None
    return all(is_one_value(each, window) for each in node.args)
