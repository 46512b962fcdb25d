"""The rows of a chart as its series: where each value stands along the axis, and how high it is."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

import polars as pl

from connectors.files.charts.lettering import one_line
from connectors.files.charts.palette import PALETTE
from connectors.files.display import display_cell
from connectors.files.report import Chart, Facts, Part
from ir import types as t
from ir.column_format import ColumnFormat
from ir.records import dataclass
from transforms.expressions.polars_columns import exact

Along = Literal["names", "numbers", "times"]
EMPTY = "(empty)"
"""The name of a null."""
_SMALLEST, _LARGEST = 1e-250, 1e150
"""Beyond these the room between two values may be no number any more."""
TIME_LIMITS = (-719_162 * 86_400.0, 2_932_896 * 86_400.0)
"""The years 1 to 9999, in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One colour: `points` has x and y, sorted as drawn; a null y is a gap."""

    name: str
    color: str
    points: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Plotted:
    """All series. Along `names`, x counts the names; `times` are seconds since 1970 on the clock of the report."""

    along: Along
    series: tuple[Series, ...]
    names: tuple[str, ...] = ()
    ordered: bool = False
    """Whether the names are dates or numbers, of which some can stand for all."""
    notes: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return all(each.points["y"].null_count() == each.points.height for each in self.series)

    @property
    def values(self) -> pl.Series:
        return pl.concat([each.points["y"] for each in self.series]).drop_nulls()


def plotted(part: Part, facts: Facts, chart: Chart, *, locale: str, timezone: str) -> Plotted:
    """The chart's points read. Rows that have no place along the axis are left out, and the notes say so."""
    rows, notes = facts.points, []
    assert rows is not None
    if facts.rows is not None and facts.rows > rows.height:
        notes.append(f"drawn from the first {rows.height:,} of {facts.rows:,} rows")
    kind, how = part.chart_types[chart.x], part.format_of(chart.x)
    along: Along = "names"
    if chart.type in {"line", "area", "scatter"}:
        along = (
            "numbers" if isinstance(kind, t.NUMERIC) else "times" if isinstance(kind, t.Date | t.Datetime) else "names"
        )
    flat = rows.select(
        _place(exact(chart.x), kind, timezone).alias("x") if along != "names" else exact(chart.x).alias("x"),
        _name(exact(chart.x), kind, how, locale, timezone).alias("name"),
        (_series_name(part, chart, locale, timezone) if chart.series else pl.lit("")).alias("series"),
        *(_value(exact(name), part.chart_types[name]).alias(f"y{index}") for index, name in enumerate(chart.y)),
    )
    lost = sum(
        rows[name].len() - rows[name].null_count() - (flat.height - flat[f"y{index}"].null_count())
        for index, name in enumerate(chart.y)
    )
    if lost:
        notes.append(f"{_count(lost, 'value')} without a finite size left out")
    names: tuple[str, ...] = ()
    if along == "names":
        flat, names = _named(flat, kind)
    else:
        homeless = flat["x"].null_count()
        if homeless:
            notes.append(f"{_count(homeless, 'row')} without {chart.x} left out")
        flat = flat.filter(pl.col("x").is_not_null())
        if chart.type != "scatter":
            flat = flat.sort("x", maintain_order=True)
    found: list[tuple[str, pl.DataFrame]] = []
    if chart.series:
        parts = flat.partition_by("series", maintain_order=True)
        found += [(str(each["series"][0]), each.select("x", pl.col("y0").alias("y"))) for each in parts]
    else:
        found += [(one_line(name), flat.select("x", pl.col(f"y{index}").alias("y")))
                  for index, name in enumerate(chart.y)]  # fmt: skip
    if len(found) > len(PALETTE):
        notes.append(f"the first {len(PALETTE)} of {len(found)} series are drawn")
    return Plotted(
        along=along, names=names, ordered=isinstance(kind, (*t.NUMERIC, *t.TEMPORAL)), notes=notes,
        series=tuple(Series(name=name, color=color, points=points)
                     for (name, points), color in zip(found, PALETTE, strict=False)),
    )  # fmt: skip


def _named(flat: pl.DataFrame, kind: t.DataType) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The place of each row's name. Rows of several series that share a name share its place, one row a series."""
    scalar = not isinstance(kind, t.ListOf | t.Struct | t.File)
    flat = flat.with_columns(pl.col("x" if scalar else "name").alias("key"))
    flat = flat.with_columns(pl.int_range(pl.len()).over("series", "key").alias("nth"))
    places = flat.select("key", "nth", "name").unique(["key", "nth"], keep="first", maintain_order=True)
    if flat["series"].n_unique() > 1 and isinstance(kind, (*t.NUMERIC, *t.TEMPORAL)):
        places = places.sort("key", maintain_order=True, nulls_last=True)
    elif flat["series"].n_unique() <= 1:  # each row is its own place, in the order of the rows
        places = flat.select("key", "nth", "name")
    places = places.with_row_index("place")
    joined = flat.join(places.drop("name"), on=["key", "nth"], how="left", nulls_equal=True, maintain_order="left")
    names = tuple(one_line(each) or EMPTY for each in places["name"])
    return joined.with_columns(pl.col("place").cast(pl.Float64).alias("x")), names


def _place(cell: pl.Expr, kind: t.DataType, timezone: str) -> pl.Expr:
    match kind:
        case t.Date():
            seconds = cell.cast(pl.Int32).cast(pl.Float64) * 86_400
        case t.Datetime(zoned):
            local = cell.dt.convert_time_zone(timezone).dt.replace_time_zone(None) if zoned else cell
            seconds = local.dt.epoch("us").cast(pl.Float64) / 1_000_000
        case _:
            return _value(cell, kind)
    return pl.when(seconds.is_between(*TIME_LIMITS)).then(seconds)


def _value(cell: pl.Expr, kind: t.DataType) -> pl.Expr:
    number = cell.cast(pl.Float64)
    return pl.when(number.abs() < _SMALLEST).then(0.0).when(number.abs() <= _LARGEST).then(number)


def _name(cell: pl.Expr, kind: t.DataType, how: ColumnFormat, locale: str, timezone: str) -> pl.Expr:
    text = display_cell(cell, kind, how, locale=locale, timezone=timezone)
    return text.fill_null(how.null_text or EMPTY)


def _series_name(part: Part, chart: Chart, locale: str, timezone: str) -> pl.Expr:
    assert chart.series is not None
    name = chart.series
    return _name(exact(name), part.chart_types[name], part.format_of(name), locale, timezone)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
