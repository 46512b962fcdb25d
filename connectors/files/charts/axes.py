"""Axes: where a value stands in the box, the lines behind the values, and labels that do not run into each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from connectors.files.charts.canvas import Box, Canvas
from connectors.files.charts.lettering import cut, widest
from connectors.files.charts.palette import AXIS, QUIET, RULE
from connectors.files.charts.ticks import Ticks, number_ticks
from ir.records import dataclass

LABEL = 0.95
"""The size of an axis' labels in that of the chart's letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The values from `low` to `high` spread over the room from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def value_ticks(low: float, high: float, *, steps: int, zero_within: float, whole: bool) -> Ticks:
    """Round ticks around all values, and around zero where it is as near as that share of the farthest value."""
    if zero_within >= 1 or (0 < low < zero_within * high) or (0 > high > zero_within * low):
        low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        room = abs(high) * 0.1 or 1.0
        low, high = (low, high + 1.0) if high == 0 else (low - room, high + room)
    return number_ticks(low, high, steps, whole=whole)


def put_values(canvas: Canvas, box: Box, ticks: Ticks, labels: Sequence[str]) -> Scale:
    """Horizontal lines at the ticks, their labels left of the box, and the line of zero stronger."""
    scale = Scale(low=ticks.at[0], high=ticks.at[-1], start=box.bottom, end=box.top)
    for at, label in zip(ticks.at, labels, strict=True):
        y = scale(at)
        zero = at == 0
        canvas.line([(box.left, y), (box.right, y)], AXIS if zero else RULE, thickness=0.9 if zero else 0.6)
        canvas.text(box.left - canvas.size * 0.6, y + canvas.size * 0.33, label, anchor="end", color=QUIET, scale=LABEL)
    return scale


def put_below(canvas: Canvas, box: Box, places: Sequence[float], labels: Sequence[str]) -> None:
    """Labels under places that have as much room as the label needs; those that would not fit are left out."""
    size, free = canvas.size * LABEL, float("-inf")
    for x, label in zip(places, labels, strict=True):
        width = canvas.measure(label, size)
        middle = min(max(x, width / 2), canvas.width - width / 2)
        if middle - width / 2 < free:
            continue
        canvas.line([(x, box.bottom), (x, box.bottom + canvas.size * 0.35)], AXIS, thickness=0.6)
        canvas.text(middle, box.bottom + canvas.size * 1.5, label, anchor="middle", color=QUIET, scale=LABEL)
        free = middle + width / 2 + canvas.size * 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class NameLabels:
    """How the names below a box are shown: `each`th of them, cut to their room, turned where that helps."""

    texts: tuple[str, ...]
    every: int
    turned: bool
    height: float
    beside: float = 0.0
    """How far labels reach left of the middle of their slots."""


def name_labels(canvas: Canvas, names: Sequence[str], slot: float, *, ordered: bool) -> NameLabels:
    size = canvas.size * LABEL
    gap, broadest = canvas.size * 0.8, widest(names, size, canvas.measure)
    if broadest + gap <= slot:
        return NameLabels(texts=tuple(names), every=1, turned=False, height=canvas.size * 1.9)
    if ordered:
        every = math.ceil((broadest + gap) / slot)
        return NameLabels(texts=tuple(names), every=every, turned=False, height=canvas.size * 1.9)
    most = canvas.size * 10
    every = math.ceil(size * 1.3 / slot)
    texts = tuple(cut(name, most, size, canvas.measure) for name in names)
    turned = 0.71 * widest(texts, size, canvas.measure)
    return NameLabels(texts=texts, every=every, turned=True, height=canvas.size * 1.2 + turned, beside=turned)


def put_names(canvas: Canvas, box: Box, labels: NameLabels) -> None:
    slot = box.width / max(len(labels.texts), 1)
    for index in range(0, len(labels.texts), labels.every):
        x, text = box.left + (index + 0.5) * slot, labels.texts[index]
        if labels.turned:
            canvas.text(x + canvas.size * 0.3, box.bottom + canvas.size, text, anchor="end", color=QUIET, scale=LABEL,
                        rotation=45.0)  # fmt: skip
        else:
            canvas.text(x, box.bottom + canvas.size * 1.5, text, anchor="middle", color=QUIET, scale=LABEL)
