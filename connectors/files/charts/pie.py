"""A pie of a few slices, largest first, with a legend that says how large each is."""

from __future__ import annotations

import math

import polars as pl

from connectors.files.charts.canvas import Canvas
from connectors.files.charts.frame import Drawn
from connectors.files.charts.lettering import cut, widest
from connectors.files.charts.numbers import share_labels, value_labels
from connectors.files.charts.palette import OTHER, PALETTE, QUIET, WHITE
from connectors.files.charts.primitives import Point

SLICES = 7
_NAMES = 11.0
"""The least room for the names beside a pie, in sizes of their letters; else they stand below it."""


def put_pie(canvas: Canvas, drawn: Drawn) -> float:
    """The slices and their legend; where they end below. All values are zero or more, and one is more."""
    canvas.put_title(drawn.chart.title)
    slices = _slices(drawn)
    values = [value for _, value, _ in slices]
    whole = math.fsum(values)
    texts = value_labels(values, drawn.part.format_of(drawn.chart.y[0]), drawn.locale)
    shares = share_labels([value / whole for value in values], drawn.locale)
    line = canvas.size * 1.9
    radius = min(canvas.width * 0.22, (canvas.height - canvas.top - canvas.size) / 2, canvas.size * 10)
    radius = max(radius, line * len(slices) / 2)
    top = canvas.top + canvas.size * 0.5
    middle = radius, top + radius
    turn = 0.0
    for (_, value, color), share in zip(slices, (value / whole for value in values), strict=True):
        if value:
            _put_slice(canvas, middle, radius, turn, turn + share, color)
        turn += share
    if sum(value > 0 for value in values) > 1:
        turn = 0.0
        for value in values:
            canvas.line([middle, _on(middle, radius, turn)], WHITE, thickness=1.4)
            turn += value / whole
    bottom = top + 2 * radius
    beside = 2 * radius + canvas.size * 2.4
    needed = widest(texts, canvas.size, canvas.measure) + widest(shares, canvas.size, canvas.measure)
    if canvas.width - beside - needed >= canvas.size * _NAMES:
        _put_legend(canvas, slices, texts, shares, left=beside, y=middle[1] - line * len(slices) / 2, line=line)
        return bottom + canvas.size * 0.3
    _put_legend(canvas, slices, texts, shares, left=0.0, y=bottom + canvas.size, line=line)
    return bottom + canvas.size + line * len(slices)


def _slices(drawn: Drawn) -> list[tuple[str, float, str]]:
    """Name, value and colour of each slice; the smallest together as the last where there are too many."""
    points = drawn.plotted.series[0].points.drop_nulls()
    rows = points.filter(pl.col("y") > 0).sort("y", descending=True, maintain_order=True).rows()
    found = [(drawn.plotted.names[int(place)], value) for place, value in rows]
    shown = [(name, value, color) for (name, value), color in zip(found[:SLICES], PALETTE, strict=False)]
    rest = found[SLICES:]
    if rest:
        drawn.plotted.notes.append(f"other: the {len(rest):,} smallest of {len(found):,} together")
        shown.append(("other", math.fsum(value for _, value in rest), OTHER))
    return shown


def _put_legend(canvas: Canvas, slices: list[tuple[str, float, str]], texts: list[str], shares: list[str], *,
                left: float, y: float, line: float) -> None:  # fmt: skip
    size, swatch = canvas.size, canvas.size * 0.75
    numbers, percents = widest(texts, size, canvas.measure), widest(shares, size, canvas.measure)
    room = canvas.width - left - numbers - percents - size * 4.5
    names = [cut(name, max(room, size * 3), size, canvas.measure) for name, _, _ in slices]
    value_at = left + swatch * 1.6 + widest(names, size, canvas.measure) + size * 1.6 + numbers
    for index, ((_, _, color), name) in enumerate(zip(slices, names, strict=True)):
        base = y + (index + 0.5) * line + size * 0.33
        canvas.rectangle(left, base - swatch, left + swatch, base, color)
        canvas.text(left + swatch * 1.6, base, name)
        canvas.text(value_at, base, texts[index], anchor="end")
        canvas.text(value_at + size * 1.6 + percents, base, shares[index], anchor="end", color=QUIET)


def _put_slice(canvas: Canvas, middle: Point, radius: float, begin: float, end: float, color: str) -> None:
    """From `begin` to `end` in turns, clockwise from the top: curves of at most a quarter turn each."""
    steps = max(1, math.ceil((end - begin) * 4 - 1e-9))
    each = (end - begin) / steps
    reach = 4 / 3 * math.tan(each * math.pi / 2) * radius
    outline: list[tuple[Point, ...]] = []
    for step in range(steps):
        first, last = begin + step * each, begin + (step + 1) * each
        (x0, y0), (x1, y1) = _on(middle, radius, first), _on(middle, radius, last)
        a, b = 2 * math.pi * first, 2 * math.pi * last
        outline.append(((x0 + reach * math.cos(a), y0 + reach * math.sin(a)),
                        (x1 - reach * math.cos(b), y1 - reach * math.sin(b)), (x1, y1)))  # fmt: skip
    canvas.path(middle, [(_on(middle, radius, begin),), *outline], color)


def _on(middle: Point, radius: float, turn: float) -> Point:
    angle = 2 * math.pi * turn
    return middle[0] + radius * math.sin(angle), middle[1] - radius * math.cos(angle)
