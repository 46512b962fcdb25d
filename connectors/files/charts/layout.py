"""A part's chart laid out: from its points to shapes."""

from __future__ import annotations

from connectors.files.charts.bars import put_bars
from connectors.files.charts.canvas import Canvas
from connectors.files.charts.frame import Drawn
from connectors.files.charts.lettering import Measure, one_line
from connectors.files.charts.lines import put_lines
from connectors.files.charts.numbers import value_labels
from connectors.files.charts.palette import QUIET, RULE
from connectors.files.charts.pie import put_pie
from connectors.files.charts.primitives import Drawing, rounded
from connectors.files.charts.series import Plotted, plotted
from connectors.files.report import Chart, Facts, Part, Report


def draw_chart(
    part: Part, facts: Facts, report: Report, *, width: float, max_height: float, measure: Measure, size: float = 9.0
) -> Drawing:
    """The part's chart, `width` wide and as high as it needs to be, in letters of about `size`.

    `facts.points` are the rows to draw. What the chart leaves out stands below it and among its warnings.
    """
    assert part.chart is not None
    chart = _without_breaks(part.chart)
    shown = plotted(part, facts, part.chart, locale=report.locale, timezone=report.timezone)
    drawn = Drawn(part=part, chart=chart, plotted=shown, locale=report.locale)
    canvas = Canvas(width=width, height=max_height, size=size, measure=measure)
    message = _refusal(drawn)
    if message is None:
        put = {"bar": put_bars, "pie": put_pie}.get(chart.type, put_lines)
        bottom = put(canvas, drawn)
        warnings = list(shown.notes)
    else:
        bottom = _put_message(canvas, chart, message)
        warnings = [*shown.notes, *([message] if message not in _QUIET_MESSAGES else [])]
    bottom = canvas.put_notes([each[:1].upper() + each[1:] for each in shown.notes], bottom)
    title = chart.title or f"{', '.join(one_line(each) for each in chart.y)} by {one_line(chart.x)}"
    return Drawing(
        width=rounded(width), height=rounded(bottom + size * 0.6), shapes=tuple(canvas.shapes), title=title,
        description=_description(drawn, message), warnings=tuple(f'chart "{title}": {each}' for each in warnings),
    )  # fmt: skip


_NO_ROWS, _NO_VALUES = "No rows to draw", "No values to draw"
_QUIET_MESSAGES = {_NO_ROWS, _NO_VALUES}


def _refusal(drawn: Drawn) -> str | None:
    """Why there is nothing to draw."""
    plotted = drawn.plotted
    if not plotted.series or all(each.points.is_empty() for each in plotted.series):
        return _NO_ROWS
    if plotted.is_empty:
        return _NO_VALUES
    if drawn.chart.type == "pie":
        if len(plotted.series) > 1:
            return "A pie shows one column of values, here are more"
        if float(str(plotted.values.min())) < 0:
            return "A pie cannot show values below zero"
        if not plotted.values.sum():
            return _NO_VALUES
    return None


def _without_breaks(chart: Chart) -> Chart:
    return Chart(type=chart.type, x=chart.x, y=chart.y, series=chart.series,
                 title=one_line(chart.title) if chart.title else None)  # fmt: skip


def _put_message(canvas: Canvas, chart: Chart, message: str) -> float:
    canvas.put_title(chart.title)
    top, size = canvas.top + canvas.size * 0.5, canvas.size
    bottom = top + size * 7
    frame = ((0.5, top), (canvas.width - 0.5, top), (canvas.width - 0.5, bottom), (0.5, bottom), (0.5, top))
    canvas.line(frame, RULE)
    canvas.text(canvas.width / 2, top + size * 3.8, message, anchor="middle", color=QUIET)
    return bottom


def _description(drawn: Drawn, message: str | None) -> str:
    chart, plotted = drawn.chart, drawn.plotted
    head = f"{chart.type.capitalize()} chart of {', '.join(chart.y)} by {chart.x}"
    if chart.series:
        head += f", a colour for each {chart.series}"
    if message is not None:
        return f"{head}: {message.lower()}."
    return f"{head}: {_summary(plotted, drawn)}."


def _summary(plotted: Plotted, drawn: Drawn) -> str:
    values = plotted.values
    ends = [float(str(values.min())), float(str(values.max()))]
    low, high = value_labels(ends, drawn.part.format_of(drawn.chart.y[0]), drawn.locale)
    many = f"{len(values):,} values from {low} to {high}" if len(values) > 1 else f"one value, {low}"
    return many if len(plotted.series) < 2 else f"{len(plotted.series)} series, {many}"
