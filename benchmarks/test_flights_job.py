"""The flights report in one warm process: weirflow on both engines, hand-written Polars, and pandas."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import pandas_job, polars_job, weirflow_job

DATA = weirflow_job.EXAMPLE.parent / "data"
JOBS: dict[str, Callable[[Path, Path], None]] = {
    "polars_by_hand": polars_job.run,
    "weirflow_polars": partial(weirflow_job.run, engine="polars"),
    "weirflow_duckdb": partial(weirflow_job.run, engine="duckdb"),
    "pandas": pandas_job.run,
}
TABLES = ("punctuality.csv", "weather.csv", "very-late-flights.csv")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The tables as hand-written Polars makes them: a fast job that delivers something else would prove nothing."""
    out = tmp_path_factory.mktemp("expected")
    polars_job.run(DATA, out)
    return {name: pl.read_csv(out / name, infer_schema_length=None) for name in TABLES}


@pytest.mark.benchmark(group="flights report")
@pytest.mark.parametrize("job", JOBS)
def test_flights_report(
    benchmark: BenchmarkFixture, tmp_path: Path, expected: dict[str, pl.DataFrame], job: str
) -> None:
    benchmark.pedantic(JOBS[job], args=(DATA, tmp_path), rounds=3, warmup_rounds=1)
    for name, rows in expected.items():
        found = pl.read_csv(tmp_path / name, infer_schema_length=None)
        assert_frame_equal(found, rows, check_dtypes=False, rel_tol=1e-9)
    assert {path.name for path in tmp_path.iterdir()} >= {"punctuality.json", "punctuality.xlsx", "punctuality.pdf"}
