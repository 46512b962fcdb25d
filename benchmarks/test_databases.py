"""Reading and writing 100,000 orders in SQLite files, beside it by hand; servers: python -m benchmarks.databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.databases import reading, writing
from benchmarks.databases.data import definition, make_orders
from benchmarks.databases.places import Place

ROWS = 100_000


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_orders(tmp_path_factory.mktemp("orders"), ROWS)


@pytest.fixture(scope="module")
def place(source: Path) -> Place:
    place = Place(kind="sqlite", url=str(source.with_name("orders.db")))
    place.execute(definition("sqlite", "orders"))
    writing.execute_many(place, "insert", "orders", source)
    return place


@pytest.mark.parametrize("program", ["weirflow", "adbc"])
def test_reading(benchmark: BenchmarkFixture, place: Place, tmp_path: Path, program: str) -> None:
    benchmark(reading.PROGRAMS["sqlite"][program], place, "orders", tmp_path / "read.parquet")
    assert (tmp_path / "read.parquet").stat().st_size > 500_000


@pytest.mark.parametrize("does", writing.OPERATIONS)
@pytest.mark.parametrize("program", ["weirflow", "executemany"])
def test_writing(benchmark: BenchmarkFixture, place: Place, source: Path, program: str, does: str) -> None:
    benchmark.pedantic(
        writing.PROGRAMS["sqlite"][program], (place, does, "written", source), rounds=3,
        setup=lambda: writing.prepare(place, does, "orders", "written"),
    )  # fmt: skip
