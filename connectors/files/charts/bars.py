"""Bars: upright, or lying where the names are too long or too many to stand below them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from connectors.files.charts.axes import LABEL, Scale, name_labels, put_names, put_values, value_ticks
from connectors.files.charts.canvas import Box, Canvas
from connectors.files.charts.frame import Drawn, left_of, put_head, scaled
from connectors.files.charts.lettering import cut, widest
from connectors.files.charts.numbers import tick_labels, value_labels
from connectors.files.charts.palette import AXIS, INK, QUIET, RULE

_LABELLED = 24
"""So many bars of one colour at most have their values written at their ends."""


def put_bars(canvas: Canvas, drawn: Drawn) -> float:
    """All bars, as many as have room; where they end below."""
    names, many = drawn.plotted.names, len(drawn.plotted.series)
    put_head(canvas, drawn)
    slot = canvas.width * 0.88 / len(names)
    fits = widest(names, canvas.size * LABEL, canvas.measure) + canvas.size * 0.8 <= slot
    if drawn.plotted.ordered or (fits and slot / many >= canvas.size * 0.5):
        most = max(1, int(canvas.width * 0.88 / (1.6 * many)))
        return _upright(canvas, _first(drawn, most))
    row = canvas.size * (1.3 if many == 1 else 0.75 * many + 0.6)
    return _lying(canvas, _first(drawn, max(1, int((canvas.height - canvas.top) / row))))


def _first(drawn: Drawn, most: int) -> Drawn:
    """The chart of the first names, with a note where there are more."""
    plotted = drawn.plotted
    if len(plotted.names) <= most:
        return drawn
    plotted.notes.append(f"the first {most:,} of {len(plotted.names):,} values of {drawn.chart.x} are drawn")
    series = tuple(replace(each, points=each.points.filter(pl.col("x") < most)) for each in plotted.series)
    return replace(drawn, plotted=replace(plotted, names=plotted.names[:most], series=series))


def _extremes(drawn: Drawn) -> tuple[float, float]:
    values = drawn.plotted.values
    return (float(str(values.min())), float(str(values.max()))) if len(values) else (0.0, 0.0)


def _upright(canvas: Canvas, drawn: Drawn) -> float:
    plotted = drawn.plotted
    height = min(canvas.height - canvas.top, canvas.width * 0.42)
    ticks, labels = scaled(drawn, _extremes(drawn), height - canvas.size * 2, canvas.size, zero_within=1)
    left = left_of(canvas, labels)
    below = name_labels(canvas, plotted.names, (canvas.width - left) / len(plotted.names), ordered=plotted.ordered)
    box = Box(left=left, top=canvas.top, right=canvas.width, bottom=canvas.top + height - below.height)
    scale = put_values(canvas, box, ticks, labels)
    slot = box.width / len(plotted.names)
    bar = min(slot * 0.72, canvas.size * 6) / len(plotted.series)
    shown = _written(drawn)
    room = widest(shown.values(), canvas.size * LABEL, canvas.measure) if shown else 0.0
    for index, series in enumerate(plotted.series):
        for place, value in _bars(series.points):
            middle = box.left + (place + 0.5) * slot
            x = middle + (index - len(plotted.series) / 2) * bar
            start, end = _span(scale, value)
            canvas.rectangle(x + bar * 0.04, min(start, end), x + bar * 0.96, max(start, end), series.color)
            if shown and room + canvas.size * 0.5 <= slot:
                y = end - canvas.size * 0.4 if value >= 0 else end + canvas.size * 1.15
                if box.top - canvas.size <= y <= box.bottom:
                    canvas.text(middle, y, shown[value], anchor="middle", color=INK, scale=LABEL)
    _put_zero(canvas, [(box.left, scale(0.0)), (box.right, scale(0.0))])
    put_names(canvas, box, below)
    return box.bottom + below.height


def _lying(canvas: Canvas, drawn: Drawn) -> float:
    plotted, many = drawn.plotted, len(drawn.plotted.series)
    size = canvas.size * LABEL
    texts = [cut(name, canvas.width * 0.34, size, canvas.measure) for name in plotted.names]
    left = widest(texts, size, canvas.measure) + canvas.size * 0.7
    shown = _written(drawn)
    side = widest(shown.values(), size, canvas.measure) + canvas.size if shown else canvas.size * 1.5
    low, high = _extremes(drawn)
    row = min((canvas.height - canvas.top) / len(texts), canvas.size * (2.1 if many == 1 else 1.1 * many + 0.9))
    box = Box(left=left + (side if low < 0 and shown else 0.0), top=canvas.top, right=canvas.width - side,
              bottom=canvas.top + row * len(texts))  # fmt: skip
    steps = max(2, int(box.width / (canvas.size * 7)))
    ticks = value_ticks(low, high, steps=steps, zero_within=1, whole=drawn.is_whole)
    if shown:  # the values stand at the bars: no need of lines, nor of room beyond the longest bar
        scale = Scale(
            low=min(low, 0.0), high=max(high, 0.0) or (0.0 if low < 0 else 1.0), start=box.left, end=box.right
        )
        bottom = box.bottom
    else:
        scale = Scale(low=ticks.at[0], high=ticks.at[-1], start=box.left, end=box.right)
        bottom = _put_upright_grid(canvas, drawn, box, scale, ticks.at, tick_labels(
            ticks, drawn.part.format_of(drawn.chart.y[0]), drawn.locale))  # fmt: skip
    for row_index, text in enumerate(texts):
        y = box.top + (row_index + 0.5) * row + canvas.size * 0.33
        canvas.text(left - canvas.size * 0.7, y, text, anchor="end", scale=LABEL)
    bar = min(row * 0.74, row - 1.2) / many
    for index, series in enumerate(plotted.series):
        for place, value in _bars(series.points):
            y = box.top + (place + 0.5) * row + (index - many / 2) * bar
            start, end = _span(scale, value)
            canvas.rectangle(min(start, end), y + bar * 0.04, max(start, end), y + bar * 0.96, series.color)
            if shown:
                canvas.text(end + canvas.size * (0.45 if value >= 0 else -0.45), y + bar / 2 + canvas.size * 0.33,
                            shown[value], anchor="start" if value >= 0 else "end", scale=LABEL)  # fmt: skip
    _put_zero(canvas, [(scale(0.0), box.top), (scale(0.0), box.bottom)])
    return bottom


def _put_upright_grid(canvas: Canvas, drawn: Drawn, box: Box, scale: Scale, places: tuple[float, ...],
                      labels: list[str]) -> float:  # fmt: skip
    free = float("-inf")
    for at, label in zip(places, labels, strict=True):
        x, width = scale(at), canvas.measure(label, canvas.size * LABEL)
        canvas.line([(x, box.top), (x, box.bottom)], RULE, thickness=0.6)
        if x - width / 2 >= free:
            canvas.text(x, box.bottom + canvas.size * 1.3, label, anchor="middle", color=QUIET, scale=LABEL)
            free = x + width / 2 + canvas.size * 0.6
    return box.bottom + canvas.size * 1.6


def _put_zero(canvas: Canvas, points: list[tuple[float, float]]) -> None:
    canvas.line(points, AXIS, thickness=0.9)


def _bars(points: pl.DataFrame) -> list[tuple[float, float]]:
    return points.drop_nulls().rows()


def _span(scale: Scale, value: float) -> tuple[float, float]:
    """Where a bar begins and ends; one that is not zero can be seen."""
    start, end = scale(0.0), scale(value)
    if value and abs(end - start) < 0.5:
        end = start + (0.5 if end > start else -0.5)
    return start, end


def _written(drawn: Drawn) -> dict[float, str]:
    """The values' texts, where there are few bars of one colour."""
    if len(drawn.plotted.series) > 1 or len(drawn.plotted.names) > _LABELLED:
        return {}
    values = drawn.plotted.values.unique(maintain_order=True).to_list()
    return dict(zip(values, value_labels(values, drawn.part.format_of(drawn.chart.y[0]), drawn.locale), strict=True))
