"""What stands behind the cells of a column: bars, colours by value and colours by rules, as styles of the cells."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from connectors.files.report import Part
from connectors.files.shading import highlight_of, ruled, scaled, share


def cell_style(part: Part, name: str, extremes: Mapping[str, tuple[float, float]], *, bars: bool) -> pl.Expr | None:
    """The style of each cell, null for none; None where nothing shades the column."""
    match highlight_of(part, name, extremes):
        case "rules":
            return ruled(part.rules[name], spell=_background)
        case "color_scale":
            return scaled(name, *extremes[name], spell=_background)
        case "data_bar" if bars:
            return _bars(name, *extremes[name])
    return None


def _bars(name: str, low: float, high: float) -> pl.Expr:
    """From zero to the value, in hundredths of the cell, for a cell of the class `b`.

    Zero is in the cell even where no value is near it.
    """
    low, high = min(0.0, low), max(0.0, high)
    zero = round(-low / ((high - low) or 1.0) * 100)
    end = (share(name, low, high) * 100).round().cast(pl.Int64)
    size, begin = (end - zero).abs(), pl.min_horizontal(end, pl.lit(zero))
    place = begin * 100 // pl.max_horizontal(100 - size, pl.lit(1))  # a background's place is a share of the room left
    moved = pl.when(begin > 0).then(pl.concat_str([pl.lit(";--at:"), place, pl.lit("%")])).otherwise(pl.lit(""))
    color = pl.when(end < zero).then(pl.lit(";--bar:var(--bar-below)")).otherwise(pl.lit(""))
    return pl.when(size > 0).then(pl.concat_str([pl.lit("--of:"), size, pl.lit("%"), moved, color]))


def _background(colour: str) -> str:
    return f"background-color:{colour.lower()}"
