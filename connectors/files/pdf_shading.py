"""What stands behind the cells of a column: bars, colours by value, and colours by rules."""

from __future__ import annotations

import polars as pl

from connectors.files.pdf_colours import operands
from connectors.files.pdf_layout import GAP, Placed
from connectors.files.report import Facts, Part
from connectors.files.shading import BAR, BAR_BELOW, highlight_of, ruled, scaled, share

_INSET, _SIDE = 230, 300
"""Between a bar and its row's edges above and below, and its column's at the sides."""


class Shading:
    """The columns with something behind their cells."""

    def __init__(self, part: Part, facts: Facts) -> None:
        self._part, self._extremes = part, facts.extremes
        self.columns = frozenset(name for name in part.columns if self._highlight(name))

    def _highlight(self, name: str) -> str | None:
        return highlight_of(self._part, name, self._extremes)

    def rectangles(self, name: str, rows: pl.DataFrame, column: Placed, *, bar_room: int) -> pl.DataFrame:
        """For each row the colour `c` as operands, null for none, the left edge `x`, the width `w` and the `inset`."""
        match self._highlight(name):
            case "data_bar":
                return _bars(rows, name, self._extremes[name], column.left + _SIDE, bar_room)
            case "color_scale":
                colour = scaled(name, *self._extremes[name], spell=operands)
            case _:
                colour = ruled(self._part.rules[name], spell=operands)
        return rows.select(colour.alias("c"), pl.lit(column.left).alias("x"), pl.lit(column.width + GAP).alias("w"),
                           pl.lit(0).alias("inset"))  # fmt: skip


def _bars(rows: pl.DataFrame, name: str, extremes: tuple[float, float], left: int, room: int) -> pl.DataFrame:
    """From zero to the value, zero being in the column even where no value is near it."""
    low, high = min(0.0, extremes[0]), max(0.0, extremes[1])
    zero = round(room * -low / ((high - low) or 1.0))
    end = (share(name, low, high) * room).round().cast(pl.Int64)
    start = left + pl.min_horizontal(end, pl.lit(zero))
    colour = pl.when(end > zero).then(pl.lit(operands(BAR))).when(end < zero).then(pl.lit(operands(BAR_BELOW)))
    return rows.select(
        colour.alias("c"), start.alias("x"), (end - zero).abs().alias("w"), pl.lit(_INSET).alias("inset")
    )
