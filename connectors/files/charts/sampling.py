"""Fewer points where a chart has more than it could show, so that a vector stays small."""

from __future__ import annotations

import polars as pl

MOST_DOTS = 3000


def sampled(points: pl.DataFrame, *, low: float, high: float, places: int) -> pl.DataFrame:
    """A line's points with at most the first, lowest, highest and last of each of `places` along x.

    What is left out lies within half a point of what is drawn. A place without any value stays a gap.
    """
    if points.height <= 4 * places or high <= low:
        return points
    place = ((pl.col("x") - low) / (high - low) * places).floor().clip(0, places - 1)
    rows = points.with_row_index("row").with_columns(place.alias("place"))
    known = rows.filter(pl.col("y").is_not_null())
    kept = known.group_by("place").agg(
        pl.col("row").first().alias("first"),
        pl.col("row").sort_by("y").first().alias("low"),
        pl.col("row").sort_by("y").last().alias("high"),
        pl.col("row").last().alias("last"),
    )
    gaps = rows.join(kept.select("place"), on="place", how="anti").unique("place", keep="first")
    chosen = pl.concat([*(kept[name] for name in ("first", "low", "high", "last")), gaps["row"]]).unique()
    return rows.filter(pl.col("row").is_in(chosen.implode())).select(points.columns)


def thinned(dots: pl.DataFrame, *, x_step: float, y_step: float) -> pl.DataFrame:
    """Dots that would lie upon each other but once, and evenly fewer where there are still too many."""
    cells = [(pl.col("x") / x_step).round(), (pl.col("y") / y_step).round()] if x_step and y_step else []
    if dots.height > MOST_DOTS and cells:
        dots = dots.unique(cells, keep="first", maintain_order=True)
    return dots.gather_every(-(-dots.height // MOST_DOTS)) if dots.height > MOST_DOTS else dots
