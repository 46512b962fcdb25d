"""Writing 100,000 rows of 12 columns, beside Polars with the same format, or XlsxWriter called cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from pytest_benchmark.fixture import BenchmarkFixture

from connectors.files.report import ROWS as GROUP_ROWS
from connectors.files.report import Facts, Part, Report
from connectors.files.writing import WriteOptions, open_writer
from ir.types import Integer, Number, Schema, String
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


@pytest.mark.parametrize("form", ["csv", "ndjson", "json", "parquet", "xlsx"])
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


def test_weirflow_writes_groups_with_subtotals(benchmark: BenchmarkFixture, tmp_path: Path, rows: pl.DataFrame) -> None:
    kinds = {name: from_polars(dtype) for name, dtype in rows.schema.items()}
    columns = Schema((name, kind) for name, kind in kinds.items() if kind is not None and name != "city")
    sums, added = (
        [pl.col("whole_0").sum(), pl.col("number_0").sum()],
        Schema({"whole_0": Integer(), "number_0": Number()}),
    )
    part = Part(columns=columns, group_by=Schema({"city": String()}), totals=dict.fromkeys(added, "sum"),
                total_types=added)  # fmt: skip
    report = Report(columns=columns, parts=(part,), generated_at=datetime(2026, 1, 31, tzinfo=UTC))
    grouped = rows.sort("city", maintain_order=True)
    subtotals = grouped.group_by("city", maintain_order=True).agg(*sums, pl.len().alias(GROUP_ROWS))
    facts = Facts(rows=ROWS, totals=grouped.select(sums), subtotals=(subtotals,))

    def write() -> None:
        with open_writer("xlsx", tmp_path / "rows.xlsx", report=report, options=WriteOptions()) as writer:
            writer.begin(facts)
            for start in range(0, ROWS, BATCH_ROWS):
                writer.write(grouped.slice(start, BATCH_ROWS))

    benchmark(write)
    assert (tmp_path / "rows.xlsx").stat().st_size > 500_000


def test_xlsxwriter_writes_by_hand(benchmark: BenchmarkFixture, tmp_path: Path, rows: pl.DataFrame) -> None:
    """A tenth of the rows, as it takes ten times as long."""
    few = rows.head(ROWS // 10).with_columns(
        pl.col("day", "at").cast(pl.Datetime("us")).dt.epoch("us") / 86_400e6 + 25_569
    )

    def write() -> None:
        book = xlsxwriter.Workbook(tmp_path / "rows.xlsx", {"constant_memory": True})
        sheet, days = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for row, values in enumerate(few.rows()):
            for column, value in enumerate(values):
                if value is None:
                    continue
                if isinstance(value, str):
                    sheet.write_string(row, column, value)
                elif isinstance(value, bool):
                    sheet.write_boolean(row, column, value)
                else:
                    sheet.write_number(row, column, value, days if column in {9, 10} else None)
        book.close()

    benchmark(write)


@pytest.mark.parametrize("form", list(NATIVE))
def test_polars_writes(benchmark: BenchmarkFixture, tmp_path: Path, rows: pl.DataFrame, form: str) -> None:
    benchmark(NATIVE[form], rows.lazy(), tmp_path / f"rows.{form}")
