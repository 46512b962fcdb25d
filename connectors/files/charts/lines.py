"""Lines, areas and dots: values at places along a second axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from connectors.files.charts.axes import NameLabels, Scale, name_labels, put_below, put_names, put_values
from connectors.files.charts.canvas import Box, Canvas
from connectors.files.charts.frame import Drawn, left_of, put_caption, put_head, scaled
from connectors.files.charts.numbers import place_labels, time_labels
from connectors.files.charts.palette import AXIS, tint
from connectors.files.charts.primitives import Point
from connectors.files.charts.sampling import sampled, thinned
from connectors.files.charts.series import TIME_LIMITS, Series
from connectors.files.charts.ticks import calendar_ticks, inner_ticks
from ir import types as t
from ir.records import dataclass

_ZERO_WITHIN = {"area": 1.0, "line": 0.5, "scatter": 0.2}
"""How near zero must be to the values to be shown, as a share of the farthest of them."""
_MARKED = 31
"""A line of at most so many points shows each of them as a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """The axis along which values lie: from `low` to `high`, with ticks at `places` or the names' labels."""

    low: float
    high: float
    places: tuple[float, ...]
    labels: tuple[str, ...]
    names: NameLabels | None
    height: float


def put_lines(canvas: Canvas, drawn: Drawn) -> float:
    """Lines, areas or dots; where they end below."""
    kind = drawn.chart.type
    put_head(canvas, drawn)
    series: Sequence[Series] = drawn.plotted.series
    stacked = False
    if kind == "area" and len(series) > 1 and float(str(drawn.plotted.values.min())) >= 0:
        series, stacked = _stacked(series), True
    values = pl.concat([each.points["y"] for each in series]).drop_nulls()
    height = min(canvas.height - canvas.top, canvas.width * (0.6 if kind == "scatter" else 0.42))
    extremes = float(str(values.min())), float(str(values.max()))
    ticks, labels = scaled(drawn, extremes, height - canvas.size * 3, canvas.size, zero_within=_ZERO_WITHIN[kind])
    left = left_of(canvas, labels)
    right = canvas.width - canvas.size * 0.5
    axis = _axis(canvas, drawn, right - left)
    if axis.names is not None:  # the first turned label begins left of its place
        left = max(left, axis.names.beside - (right - left) / len(drawn.plotted.names) / 2)
    captioned = drawn.plotted.along == "numbers"
    bottom = canvas.top + height - axis.height - (canvas.size * 1.5 if captioned else 0)
    box = Box(left=left, top=canvas.top, right=right, bottom=bottom)
    upright = put_values(canvas, box, ticks, labels)
    along = Scale(low=axis.low, high=axis.high, start=box.left, end=box.right)
    if axis.names is not None:
        put_names(canvas, box, axis.names)
    else:
        put_below(canvas, box, [along(at) for at in axis.places], axis.labels)
    if kind == "scatter":
        _put_dots(canvas, drawn, box, along, upright)
    else:
        _put_series(canvas, drawn, series, box, along, upright, stacked=stacked)
    canvas.line([(box.left, box.bottom), (box.right, box.bottom)], AXIS, thickness=0.9)
    end = box.bottom + axis.height
    return put_caption(canvas, box, drawn.chart.x) if captioned else end


def _axis(canvas: Canvas, drawn: Drawn, width: float) -> _Axis:
    plotted, size = drawn.plotted, canvas.size
    if plotted.along == "names":
        names = name_labels(canvas, plotted.names, width / len(plotted.names), ordered=plotted.ordered)
        return _Axis(low=-0.5, high=len(plotted.names) - 0.5, places=(), labels=(), names=names, height=names.height)
    everywhere = pl.concat([each.points["x"] for each in plotted.series])
    low, high = float(str(everywhere.min())), float(str(everywhere.max()))
    times = plotted.along == "times"
    if low == high:
        room = 43_200.0 if times else abs(low) * 0.1 or 1.0
        low, high = low - room, high + room
    elif drawn.chart.type == "scatter":
        low, high = low - (high - low) * 0.03, high + (high - low) * 0.03
    if times:
        low, high = max(low, TIME_LIMITS[0]), min(high, TIME_LIMITS[1])
    how, kind = drawn.part.format_of(drawn.chart.x), drawn.part.chart_types[drawn.chart.x]
    if times:
        ticks = calendar_ticks(low, high, max(2, int(width / (size * 7))))
        labels = time_labels(ticks, how)
    else:
        ticks = inner_ticks(low, high, max(2, int(width / (size * 6))), whole=isinstance(kind, t.Integer))
        labels = place_labels(ticks, how, drawn.locale)
    return _Axis(low=low, high=high, places=ticks.at, labels=tuple(labels), names=None, height=size * 1.9)


def _put_series(canvas: Canvas, drawn: Drawn, series: Sequence[Series], box: Box, along: Scale, upright: Scale, *,
                stacked: bool) -> None:  # fmt: skip
    total = shown = 0
    floor: list[Point] = []
    area = drawn.chart.type == "area"
    mixed = area and len(series) > 1 and not stacked
    for each in series:
        places = max(50, int(box.width / 2))
        points = each.points if stacked else sampled(each.points, low=along.low, high=along.high, places=places)
        total += each.points.height - each.points["y"].null_count()
        shown += points.height - points["y"].null_count()
        runs = _runs(points, along, upright)
        if area and not mixed:
            ground = upright(max(0.0, upright.low) if upright.high > 0 else min(0.0, upright.high))
            for run in runs:
                below = [each for each in floor if run[0][0] <= each[0] <= run[-1][0]] if stacked and floor else []
                under = below[::-1] or [(run[-1][0], ground), (run[0][0], ground)]
                canvas.polygon([*run, *under], tint(each.color, 0.55 if stacked else 0.22))
        if stacked:
            floor = [point for run in runs for point in run]
        for run in runs:
            if len(run) > 1:
                canvas.line(run, each.color, thickness=1.6)
        marks = [point for run in runs for point in run if len(run) == 1 or points.height <= _MARKED]
        if marks:
            canvas.dots(marks, 3.6, each.color)
    if shown < total:
        drawn.plotted.notes.append(f"{shown:,} of {total:,} values are drawn, among them all peaks")


def _runs(points: pl.DataFrame, along: Scale, upright: Scale) -> list[list[Point]]:
    """The places of the values, a list for each stretch without a gap."""
    runs: list[list[Point]] = [[]]
    for x, y in points.select("x", "y").rows():
        if y is None:
            runs.append([])
        else:
            runs[-1].append((along(x), upright(y)))
    return [run for run in runs if run]


def _stacked(series: Sequence[Series]) -> list[Series]:
    """Each series upon the ones before it, at the places of all of them; a null stands for nothing there.

    Too many places are thinned to those where the topmost line has its peaks.
    """
    wide = pl.concat([each.points for each in series]).select("x").unique().sort("x")
    for index, each in enumerate(series):
        sums = each.points.group_by("x").agg(pl.col("y").sum().alias(f"y{index}"))
        wide = wide.join(sums, on="x", how="left", maintain_order="left")
    heights = [pl.sum_horizontal(pl.col(f"y{each}").fill_null(0.0) for each in range(index + 1)).alias(f"top{index}")
               for index in range(len(series))]  # fmt: skip
    wide = wide.select("x", *heights)
    low, high = float(str(wide["x"].min())), float(str(wide["x"].max()))
    peaks = sampled(wide.select("x", pl.col(f"top{len(series) - 1}").alias("y")), low=low, high=high, places=200)
    wide = wide.join(peaks.select("x"), on="x", how="semi", maintain_order="left")
    return [replace(each, points=wide.select("x", pl.col(f"top{index}").alias("y")))
            for index, each in enumerate(series)]  # fmt: skip


def _put_dots(canvas: Canvas, drawn: Drawn, box: Box, along: Scale, upright: Scale) -> None:
    total = shown = 0
    for each in drawn.plotted.series:
        known = each.points.drop_nulls()
        x_step, y_step = (along.high - along.low) / box.width, (upright.high - upright.low) / box.height
        dots = thinned(known, x_step=x_step, y_step=y_step)
        total, shown = total + known.height, shown + dots.height
        canvas.dots([(along(x), upright(y)) for x, y in dots.rows()], 4.4 if known.height <= 500 else 3.0, each.color)
    if shown < total:
        drawn.plotted.notes.append(f"{shown:,} of {total:,} dots are drawn")
