"""The flights report written by hand on Polars, with weirflow's own writers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from benchmarks.columns import DETAIL, MONTHS
from connectors.files.report import Report
from connectors.files.writing import WriteOptions, open_writer
from ir.column_format import ColumnFormat
from ir.types import Schema
from transforms.dtypes import from_polars

COUNT = ColumnFormat(style="number", decimals=0)
FORMATS: dict[str, ColumnFormat] = {
    "flights": COUNT,
    "cancelled": COUNT,
    "on_time": ColumnFormat(style="percent", decimals=1),
    "average_delay": ColumnFormat(style="number", decimals=1),
    "worst_delay": COUNT,
    **{month: ColumnFormat(style="percent", decimals=0) for month in MONTHS},
}


def run(data: Path, out: Path) -> None:
    """Write the seven files of the flights example into `out`."""
    journeys = _journeys(data)
    punctuality, weather, late = pl.collect_all([_punctuality(journeys), _weather(journeys), _late(journeys)])
    _write(punctuality, out / "punctuality.csv", formats=FORMATS)
    _write(punctuality, out / "punctuality.json", formats=FORMATS)
    _write(punctuality, out / "punctuality.xlsx", formats=FORMATS)
    _write(punctuality, out / "punctuality.pdf", formats=FORMATS)
    _write(weather, out / "weather.csv", formats={})
    _write(late, out / "very-late-flights.csv", formats={})
    _write(late, out / "very-late-flights.xlsx", formats={})


def _journeys(data: Path) -> pl.LazyFrame:
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        flights = pl.scan_csv(io.BytesIO(archive.read("flights.csv")), null_values="NA", infer_schema_length=10_000)
    airlines = pl.scan_csv(data / "airlines.csv").rename({"name": "airline"})
    airports = pl.scan_csv(data / "airports.csv", null_values="NA").select(dest="faa", destination="name")
    planes = pl.scan_csv(data / "planes.csv", null_values="NA").select("tailnum", "manufacturer", "seats", built="year")
    weather = pl.scan_csv(data / "weather.csv", null_values="NA", infer_schema_length=None).select(
        "origin", "time_hour", "precip", "visib", "wind_speed"
    )
    return (
        flights.join(airlines, on="carrier", how="left")
        .join(airports, on="dest", how="left")
        .join(planes, on="tailnum", how="left")
        .join(weather, on=["origin", "time_hour"], how="left")
        .with_columns(
            date=pl.date("year", "month", "day"),
            destination=pl.col("destination").fill_null("outside the states"),
            is_cancelled=pl.col("dep_time").is_null(),
            is_on_time=pl.col("arr_delay") <= 15,
            conditions=pl.when(pl.col("precip").is_null()).then(pl.lit("unknown"))
            .when(pl.col("precip") > 0.1).then(pl.lit("heavy rain or snow"))
            .when(pl.col("precip") > 0).then(pl.lit("rain or snow"))
            .when(pl.col("visib") < 3).then(pl.lit("fog"))
            .when(pl.col("wind_speed") >= 25).then(pl.lit("strong wind"))
            .otherwise(pl.lit("fair")),
        )
    )  # fmt: skip


def _punctuality(journeys: pl.LazyFrame) -> pl.LazyFrame:
    totals = journeys.group_by("airline").agg(
        flights=pl.len().cast(pl.Int64), cancelled=pl.col("is_cancelled").sum().cast(pl.Int64),
        on_time=pl.col("is_on_time").mean(), average_delay=pl.col("arr_delay").mean(),
        worst_delay=pl.col("arr_delay").max(),
    )  # fmt: skip
    monthly = journeys.group_by("airline").agg(
        pl.col("is_on_time").filter(pl.col("month") == number).mean().alias(month)
        for number, month in enumerate(MONTHS, start=1)
    )
    return totals.join(monthly, on="airline", how="left").sort(["on_time", "airline"], descending=[True, False])


def _weather(journeys: pl.LazyFrame) -> pl.LazyFrame:
    return journeys.group_by("origin", "conditions").agg(
        flights=pl.len().cast(pl.Int64), cancelled=pl.col("is_cancelled").mean(), on_time=pl.col("is_on_time").mean(),
        average_delay=pl.col("arr_delay").mean(),
    ).sort("origin", "conditions")  # fmt: skip


def _late(journeys: pl.LazyFrame) -> pl.LazyFrame:
    keys = ["arr_delay", "date", "carrier", "flight"]
    late = journeys.filter(pl.col("arr_delay") > 120).sort(keys, descending=[True, False, False, False])
    return late.select(DETAIL)


def _columns(rows: pl.DataFrame) -> Schema:
    kinds = {name: from_polars(dtype) for name, dtype in rows.schema.items()}
    return Schema({name: kind for name, kind in kinds.items() if kind is not None})


def _write(rows: pl.DataFrame, path: Path, *, formats: Mapping[str, ColumnFormat]) -> None:
    report = Report(
        columns=_columns(rows), formats=formats, title="Punctuality of flights from New York, 2013",
        subtitle="Share of flights that arrived at most 15 minutes late", workflow="flights",
        generated_at=datetime.now(UTC),
    )  # fmt: skip
    with open_writer(path.suffix[1:], path, report=report, options=WriteOptions()) as writer:
        for batch in rows.iter_slices(10_000):
            writer.write(batch)
