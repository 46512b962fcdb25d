"""The rows of a chart as the series Excel draws, and the cells it reads them from."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from connectors.files.display import display_cell
from connectors.files.report import Chart, Facts, Part, Report
from connectors.files.xlsx_cells import Column
from connectors.files.xlsx_formats import number_format
from connectors.files.xlsx_place import Place
from connectors.files.xlsx_points import Cell, Points
from ir import types as t
from ir.records import dataclass
from transforms.expressions.polars_columns import exact

EMPTY = "(empty)"
MOST_SERIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A column of cells, rows counted from 0, and what is in them."""

    sheet: str
    column: int
    first: int
    values: list[Cell]

    @property
    def reference(self) -> list[str | int]:
        return [self.sheet, self.first, self.column, self.first + len(self.values) - 1, self.column]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    name: str
    x: Area
    y: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Charted:
    """The series of a chart, and the number formats along its axes."""

    series: list[Series]
    x_format: str
    y_format: str
    follows_filter: bool
    """Whether the series are the table's own cells."""
    notes: tuple[str, ...] = ()


def charted(
    part: Part, chart: Chart, facts: Facts, report: Report, columns: Sequence[Column], places: Sequence[Place],
    points: Points,
) -> Charted:  # fmt: skip
    """The chart's series: the table's cells where they stand as they are drawn, else a copy of them."""
    rows = facts.points
    assert rows is not None
    is_along = chart.type in {"line", "area"} and not isinstance(part.chart_types[chart.x], t.String | t.Boolean)
    by_name = {each.name: each for each in columns}
    sources = [_column(name, part, report, by_name) for name in (chart.x, *chart.y)]
    x_format, y_format = (number_format(each.kind, each.how, report.locale) for each in sources[:2])
    shown = all(each.name in by_name for each in sources) and len(places) == 1 and not part.group_by.names
    sorted_ = not is_along or rows[chart.x].drop_nulls().is_sorted()
    if shown and sorted_ and chart.series is None and rows.height == facts.rows and not _has_gaps(rows, chart.x):
        place = places[0]
        areas = [Area(sheet=place.sheet.name, column=each.index, first=place.rows[0][0],
                      values=_values(rows, each, report)) for each in sources]  # fmt: skip
        series = [Series(name=name, x=areas[0], y=area) for name, area in zip(chart.y, areas[1:], strict=True)]
        return Charted(series=series, x_format=x_format, y_format=y_format, follows_filter=True)
    if is_along:
        rows = rows.sort(exact(chart.x), maintain_order=True, nulls_last=True)
    names, table, notes = _table(rows, sources, chart, part, report)
    first = points.add([chart.x, *names], table, [x_format, *[y_format] * len(names)])
    areas = [Area(sheet=points.sheet, column=index, first=first, values=list(each)) for index, each in enumerate(table)]
    series = [Series(name=name, x=areas[0], y=area) for name, area in zip(names, areas[1:], strict=True)]
    return Charted(series=series, x_format=x_format, y_format=y_format, follows_filter=False, notes=notes)


def _has_gaps(rows: pl.DataFrame, x: str) -> bool:
    return rows[x].null_count() > 0


def _column(name: str, part: Part, report: Report, columns: dict[str, Column]) -> Column:
    if name in columns:
        return columns[name]
    return Column(name=name, kind=part.chart_types[name], how=part.format_of(name), width=8, style={},
                  timezone=report.timezone)  # fmt: skip


def _values(rows: pl.DataFrame, column: Column, report: Report) -> list[Cell]:
    """The column's values as the cells hold them."""
    text = display_cell(exact(column.name), column.kind, column.how, locale=report.locale, timezone=report.timezone)
    number = column.number(exact(column.name))
    texts: list[Cell] = rows.select(text.alias("text")).to_series().to_list()
    if number is None or isinstance(column.kind, t.Boolean):
        return texts
    numbers = rows.select(number.cast(pl.Float64).alias("number")).to_series().to_list()
    return [each if each is not None else text for each, text in zip(numbers, texts, strict=True)]


def _table(
    rows: pl.DataFrame, sources: Sequence[Column], chart: Chart, part: Part, report: Report
) -> tuple[list[str], list[list[Cell]], tuple[str, ...]]:
    """The names of the series, and their x and y as columns; a series column becomes a column a value of it."""
    along: list[Cell] = [EMPTY if each is None else each for each in _values(rows, sources[0], report)]
    heights: list[list[Cell]] = [[each if not isinstance(each, str) else None for each in _values(rows, source, report)]
               for source in sources[1:]]  # fmt: skip
    if chart.series is None:
        return list(chart.y), [along, *heights], ()
    key = _column(chart.series, part, report, {})
    labels = display_cell(exact(key.name), key.kind, key.how, locale=report.locale, timezone=report.timezone)
    series = rows.select(labels.fill_null(EMPTY).alias("series")).to_series().to_list()
    names = list(dict.fromkeys(series))
    kept = names[:MOST_SERIES]
    places = {name: index for index, name in enumerate(kept)}
    found: dict[tuple[Cell, int], list[Cell]] = {}
    seen: dict[tuple[Cell, str], int] = {}
    for x, name, y in zip(along, series, heights[0], strict=True):
        again = seen[(x, name)] = seen.get((x, name), -1) + 1  # each row is a point, also where x and series repeat
        if name in places:
            found.setdefault((x, again), [None] * len(kept))[places[name]] = y
    notes = (f"the first {MOST_SERIES} of {len(names)} series are drawn",) if len(names) > MOST_SERIES else ()
    table: list[list[Cell]] = [[x for x, _ in found]]
    return kept, table + [[each[index] for each in found.values()] for index in range(len(kept))], notes
