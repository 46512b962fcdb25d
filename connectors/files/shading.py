"""What stands behind the cells of a column, the same in every document: bars, colours by value, colours by rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import polars as pl

from connectors.files.report import Part, Rule
from transforms.expressions.polars_columns import exact

BAR, BAR_BELOW = "#C9DBEC", "#F1CDC6"
"""Bars behind numbers, and behind those below zero: light enough to read and to print over."""
SCALE = ("#FFFFFF", "#8FB4D6")
_LIGHT = 0.8
_STEPS = 24


def highlight_of(part: Part, name: str, extremes: Mapping[str, tuple[float, float]]) -> str | None:
    """`rules`, `data_bar` or `color_scale`; None where nothing shades the column or its values have no finite ends."""
    if part.rules.get(name):
        return "rules"
    how = part.format_of(name).highlight
    known = all(math.isfinite(each) for each in extremes.get(name, (math.nan,)))
    return how if isinstance(how, str) and known else None


def mixed(first: str, second: str, share: float) -> str:
    """A colour between two: the first at 0, the second at 1."""
    ends = [[int(each[at : at + 2], 16) for at in (1, 3, 5)] for each in (first, second)]
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in zip(*ends, strict=True))


def ground(colour: str) -> str:
    """The colour, as much lighter as it takes for dark letters to stand on it."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    light = 0.3 * red + 0.59 * green + 0.11 * blue
    return colour if light >= _LIGHT else mixed(colour, "#FFFFFF", (_LIGHT - light) / (1 - light))


def share(name: str, low: float, high: float) -> pl.Expr:
    """Where the value lies between the two, from 0 to 1."""
    return ((exact(name).cast(pl.Float64) - low) / ((high - low) or 1.0)).clip(0, 1).fill_nan(None)


def scaled(name: str, low: float, high: float, *, spell: Callable[[str], str]) -> pl.Expr:
    """Each cell's colour by its value, as `spell` writes one; null for none."""
    shades = {step: spell(mixed(*SCALE, step / _STEPS)) for step in range(_STEPS + 1)}
    step = (share(name, low, high) * _STEPS).round().cast(pl.Int64)
    return step.replace_strict(shades, default=None, return_dtype=pl.String)


def ruled(rules: Iterable[Rule], *, spell: Callable[[str], str]) -> pl.Expr:
    """The colour of the first rule that holds, as `spell` writes one; null where none does."""
    return pl.coalesce(pl.when(exact(each.where)).then(pl.lit(spell(ground(each.color)))) for each in rules)
