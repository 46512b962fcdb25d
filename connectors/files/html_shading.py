"""What stands behind the cells of a column: bars, colours by value and colours by rules, as styles of the cells."""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl

from connectors.files.report import Part, Rule
from transforms.expressions.polars_columns import exact

_SCALE = ((255, 255, 255), (143, 180, 214))
_STEPS = 24
_LIGHT = 0.8


def cell_style(part: Part, name: str, extremes: Mapping[str, tuple[float, float]], *, bars: bool) -> pl.Expr | None:
    """The style of each cell, null for none; None where nothing shades the column."""
    rules, how = part.rules.get(name), part.format_of(name).highlight
    if rules:
        return pl.coalesce(pl.when(exact(each.where)).then(pl.lit(_ground(each))) for each in rules)
    ends = extremes.get(name)
    if ends is None or not all(math.isfinite(each) for each in ends):
        return None
    if how == "color_scale":
        return _scaled(name, *ends)
    return _bars(name, *ends) if how == "data_bar" and bars else None


def _share(name: str, low: float, high: float) -> pl.Expr:
    return ((exact(name).cast(pl.Float64) - low) / ((high - low) or 1.0)).clip(0, 1).fill_nan(None)


def _bars(name: str, low: float, high: float) -> pl.Expr:
    """From zero to the value, in hundredths of the cell, for a cell of the class `b`.

    Zero is in the cell even where no value is near it.
    """
    low, high = min(0.0, low), max(0.0, high)
    zero = round(-low / ((high - low) or 1.0) * 100)
    end = (_share(name, low, high) * 100).round().cast(pl.Int64)
    size, begin = (end - zero).abs(), pl.min_horizontal(end, pl.lit(zero))
    place = begin * 100 // pl.max_horizontal(100 - size, pl.lit(1))  # a background's place is a share of the room left
    moved = pl.when(begin > 0).then(pl.concat_str([pl.lit(";--at:"), place, pl.lit("%")])).otherwise(pl.lit(""))
    color = pl.when(end < zero).then(pl.lit(";--bar:var(--bar-below)")).otherwise(pl.lit(""))
    return pl.when(size > 0).then(pl.concat_str([pl.lit("--of:"), size, pl.lit("%"), moved, color]))


def _scaled(name: str, low: float, high: float) -> pl.Expr:
    shades = {step: f"background-color:{_hex(_mixed(step / _STEPS))}" for step in range(_STEPS + 1)}
    step = (_share(name, low, high) * _STEPS).round().cast(pl.Int64)
    return step.replace_strict(shades, default=None, return_dtype=pl.String)


def _mixed(share: float) -> tuple[float, ...]:
    return tuple(first + (second - first) * share for first, second in zip(*_SCALE, strict=True))


def _ground(rule: Rule) -> str:
    """The rule's colour, as much lighter as it takes for dark letters to stand on it."""
    parts = [int(rule.color[at : at + 2], 16) for at in (1, 3, 5)]
    light = (0.3 * parts[0] + 0.59 * parts[1] + 0.11 * parts[2]) / 255
    share = max(0.0, (_LIGHT - light) / (1 - light)) if light < 1 else 0.0
    return f"background-color:{_hex(tuple(each + (255 - each) * share for each in parts))}"


def _hex(parts: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(each):02x}" for each in parts)
