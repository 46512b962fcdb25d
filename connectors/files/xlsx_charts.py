"""Native charts, beside or below the table that they show."""

from __future__ import annotations

import re
from typing import Any

from connectors.files.report import Chart, Part
from connectors.files.xlsx_book import Book
from connectors.files.xlsx_chart_data import Charted
from connectors.files.xlsx_columns import INK, QUIET, RULE
from ir import types as t

PALETTE = ("#1F4E79", "#D9822B", "#4C9F70", "#8E6BBF", "#C8553D", "#5B8DB8", "#B8A13A", "#7A7A7A")
WIDTH, HEIGHT = 620, 340
_LONG_NAME = 14
_LYING = 30
_LARGE = 20


def native_chart(part: Part, chart: Chart, charted: Charted, book: Book) -> Any:
    """The chart as XlsxWriter's object, to be put into a sheet."""
    kind = _kind(part, chart, charted)
    made = book.chart(kind)
    for index, series in enumerate(charted.series):
        made.add_series({
            "name": series.name, "categories": series.x.reference, "values": series.y.reference,
            "categories_data": series.x.values, "values_data": series.y.values,
            **_look(kind, chart, PALETTE[index % len(PALETTE)], len(series.x.values)),
        })  # fmt: skip
    title = chart.title or part.heading
    made.set_title({"name": title, "name_font": {"size": 13, "bold": True, "color": INK}, "overlay": False}
                   if title else {"none": True})  # fmt: skip
    many = len(charted.series) > 1 or chart.type == "pie"
    made.set_legend({"position": "right" if chart.type == "pie" else "bottom", "font": {"size": 9, "color": INK}}
                    if many else {"none": True})  # fmt: skip
    if chart.type != "pie":
        _set_axes(made, part, chart, charted, kind)
    if not charted.follows_filter:
        made.show_hidden_data()
    made.show_blanks_as("gap")
    made.set_chartarea({"border": {"color": RULE}, "fill": {"color": "#FFFFFF"}})
    made.set_plotarea({"fill": {"none": True}})
    made.set_size({"width": WIDTH, "height": HEIGHT})
    return made


def _kind(part: Part, chart: Chart, charted: Charted) -> dict[str, str]:
    along = part.chart_types[chart.x]
    names = charted.series[0].x.values if charted.series else []
    match chart.type:
        case "bar":
            long = max((len(each) for each in names if isinstance(each, str)), default=0) > _LONG_NAME
            return {"type": "bar" if long and len(names) <= _LYING else "column"}
        case "line" if isinstance(along, (*t.NUMERIC, t.Datetime)):
            return {"type": "scatter", "subtype": "straight"}
        case "scatter":
            return {"type": "scatter"}
    return {"type": chart.type}


def _look(kind: dict[str, str], chart: Chart, color: str, points: int) -> dict[str, Any]:
    match chart.type:
        case "bar":
            return {"fill": {"color": color}, "gap": 60, "overlap": 0}
        case "pie":
            slices = [{"fill": {"color": PALETTE[index % len(PALETTE)]}, "border": {"color": "#FFFFFF", "width": 1}}
                      for index in range(min(points, 256))]  # fmt: skip
            labels = {"percentage": True, "leader_lines": True, "position": "outside_end", "num_format": "0%"}
            return {"points": slices, "data_labels": {**labels, "font": {"size": 9, "color": INK}}}
        case "area":
            return {"fill": {"color": color, "transparency": 25}, "line": {"color": color, "width": 1.25}}
        case "line":
            marker = {"type": "circle", "size": 5, "fill": {"color": color}, "border": {"color": "#FFFFFF"}}
            return {"line": {"color": color, "width": 2.25}, "marker": marker if points <= 40 else {"type": "none"}}
    dot = {"type": "circle", "size": 6 if points <= 500 else 3, "border": {"none": True}}
    return {"marker": {**dot, "fill": {"color": color, "transparency": 25}}}


def _set_axes(made: Any, part: Part, chart: Chart, charted: Charted, kind: dict[str, str]) -> None:
    small, name = {"size": 9, "color": QUIET}, {"size": 9, "bold": False, "color": QUIET}
    along = part.chart_types[chart.x]
    bottom: dict[str, Any] = {
        "num_font": small, "line": {"color": "#B8C4CE"}, "major_tick_mark": "none", "minor_tick_mark": "none",
        "name": chart.x, "name_font": name, "major_gridlines": {"visible": False}, "label_position": "low",
    }  # fmt: skip
    if not isinstance(along, t.String | t.Boolean):
        bottom["num_format"] = charted.x_format
    if isinstance(along, t.Date) and chart.type in {"line", "area"}:
        bottom["date_axis"] = True
    side: dict[str, Any] = {
        "num_font": small, "num_format": _axis_format(charted), "line": {"none": True}, "major_tick_mark": "none",
        "minor_tick_mark": "none", "major_gridlines": {"visible": True, "line": {"color": RULE, "width": 0.75}},
    }  # fmt: skip
    if len(chart.y) == 1:
        side |= {"name": chart.y[0], "name_font": {**name, "rotation": 0 if kind["type"] == "bar" else -90}}
    if kind["type"] == "bar":  # lying bars: Excel counts their names from below
        bottom |= {"reverse": True, "name_font": {**name, "rotation": -90}}
        side["label_position"] = "high"
        bottom, side = side, bottom  # XlsxWriter calls what lies horizontally x
    made.set_x_axis(bottom)
    made.set_y_axis(side)


def _axis_format(charted: Charted) -> str:
    """The column's number format, without the digits behind the point where the numbers are large."""
    sizes = [abs(each) for series in charted.series for each in series.y.values if isinstance(each, int | float)]
    shown = charted.y_format
    return re.sub(r"\.0+(?!%)", "", shown) if max(sizes, default=0) >= _LARGE else shown
