"""Writing 100,000 rows of 12 columns, beside what Polars takes for the same format."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from connectors.files.report import Report
from connectors.files.writing import WriteOptions, open_writer
from ir.types import Schema
from transforms.dtypes import from_polars

ROWS = 100_000
BATCH_ROWS = 50_000
NATIVE: dict[str, Callable[[pl.LazyFrame, Path], object]] = {
    "csv": lambda rows, path: rows.sink_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S"),
    "ndjson": lambda rows, path: rows.sink_ndjson(path),
    "parquet": lambda rows, path: rows.sink_parquet(path),
}


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    number = pl.int_range(ROWS)
    moment = pl.lit(datetime(2024, 1, 1)) + pl.duration(seconds=number * 37 % 31_000_000)
    return pl.select(
        *((number * 7919 + place).mod(99_991).alias(f"whole_{place}") for place in range(3)),
        *(((number * 31 + place).mod(10_007) / 7).alias(f"number_{place}") for place in range(3)),
        name=pl.format("name {}", number % 5000),
        city=pl.format("city {}", number % 50),
        note=pl.when(number % 5 > 0).then(pl.format("note number {} of the year", number * 7919 % ROWS)),
        day=moment.dt.date(),
        at=moment,
        is_paid=number % 3 == 0,
    )


@pytest.mark.parametrize("form", ["csv", "ndjson", "json", "parquet"])
def test_weirflow_writes(benchmark: BenchmarkFixture, tmp_path: Path, rows: pl.DataFrame, form: str) -> None:
    columns = Schema((name, kind) for name, dtype in rows.schema.items() if (kind := from_polars(dtype)) is not None)
    report = Report(columns=columns, workflow="writers", generated_at=datetime(2026, 1, 31, tzinfo=UTC))
    path = tmp_path / f"rows.{form}"

    def write() -> None:
        with open_writer(form, path, report=report, options=WriteOptions()) as writer:
            for start in range(0, ROWS, BATCH_ROWS):
                writer.write(rows.slice(start, BATCH_ROWS))

    benchmark(write)
    assert path.stat().st_size > 500_000


@pytest.mark.parametrize("form", list(NATIVE))
def test_polars_writes(benchmark: BenchmarkFixture, tmp_path: Path, rows: pl.DataFrame, form: str) -> None:
    benchmark(NATIVE[form], rows.lazy(), tmp_path / f"rows.{form}")
