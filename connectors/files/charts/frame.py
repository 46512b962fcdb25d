"""What stands around the values of a chart with two axes."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.files.charts.axes import LABEL, value_ticks
from connectors.files.charts.canvas import Box, Canvas
from connectors.files.charts.lettering import cut, widest
from connectors.files.charts.numbers import tick_labels
from connectors.files.charts.palette import QUIET
from connectors.files.charts.series import Plotted
from connectors.files.charts.ticks import Ticks
from connectors.files.report import Chart, Part
from ir import types as t
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a chart is drawn from."""

    part: Part
    chart: Chart
    plotted: Plotted
    locale: str

    @property
    def has_legend(self) -> bool:
        return len(self.plotted.series) > 1 or self.chart.series is not None

    @property
    def is_whole(self) -> bool:
        return all(isinstance(self.part.chart_types[name], t.Integer) for name in self.chart.y)


def put_head(canvas: Canvas, drawn: Drawn) -> None:
    """The title, the colours' names, and what the values are."""
    canvas.put_title(drawn.chart.title)
    if drawn.has_legend:
        canvas.put_legend((each.name, each.color) for each in drawn.plotted.series)
    if len(drawn.chart.y) == 1:
        canvas.top += canvas.size * 1.1
        canvas.text(0, canvas.top, cut(drawn.chart.y[0], canvas.width, canvas.size * LABEL, canvas.measure),
                    color=QUIET, scale=LABEL)  # fmt: skip
    canvas.top += canvas.size * 1.2


def scaled(drawn: Drawn, extremes: tuple[float, float], height: float, size: float, *,
           zero_within: float) -> tuple[Ticks, list[str]]:  # fmt: skip
    """The ticks of the values and their labels, as many as a height has room for."""
    low, high = extremes
    ticks = value_ticks(
        low, high, steps=max(2, int(height / (size * 4))), zero_within=zero_within, whole=drawn.is_whole
    )
    return ticks, tick_labels(ticks, drawn.part.format_of(drawn.chart.y[0]), drawn.locale)


def left_of(canvas: Canvas, labels: Sequence[str]) -> float:
    return widest(labels, canvas.size * LABEL, canvas.measure) + canvas.size * 0.6


def put_caption(canvas: Canvas, box: Box, name: str) -> float:
    """What stands along the axis, right below its labels; where it ends."""
    y = box.bottom + canvas.size * 3.0
    shown = cut(name, box.width, canvas.size * LABEL, canvas.measure)
    canvas.text(box.right, y, shown, anchor="end", color=QUIET, scale=LABEL)
    return y
