"""The measurements of databases, over few rows: every program must give and keep the same rows."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from benchmarks.databases import reading, writing
from benchmarks.databases.data import COLUMNS, definition, make_orders
from benchmarks.databases.places import Place
from tests.servers.running import Database

ROWS = 500


@pytest.fixture(params=["postgres", "mysql", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "sqlite":
        return Place(kind="sqlite", url=str(tmp_path / "orders.db"))
    database: Database = request.getfixturevalue({"mysql": "mariadb"}.get(request.param, request.param))
    monkeypatch.setenv("WEIRFLOW_BENCH", database.url)
    return Place(kind=request.param, url=database.url, host=database.host, port=database.port, user=database.user,
                 password=database.password, database=database.name)  # fmt: skip


def test_every_program_writes_and_reads_the_same_orders(place: Place, tmp_path: Path) -> None:
    source = make_orders(tmp_path, ROWS)
    place.execute(definition(place.kind, "orders"))
    hand = next(each for name, each in writing.PROGRAMS[place.kind].items() if name != "weirflow")
    hand(place, "insert", "orders", source)
    expected = pl.read_parquet(source).select("id", "quantity", "name", "note", "total")
    for does in writing.OPERATIONS:
        for program in writing.PROGRAMS[place.kind].values():
            writing.prepare(place, does, "orders", "written")
            program(place, does, "written", source)
            copy = tmp_path / "written.parquet"
            reading.PROGRAMS[place.kind]["weirflow"](place, "written", copy)
            assert pl.read_parquet(copy).select(expected.columns).sort("id").equals(expected)
    for read in reading.PROGRAMS[place.kind].values():
        read(place, "orders", tmp_path / "read.parquet")
        rows = pl.read_parquet(tmp_path / "read.parquet")
        assert tuple(rows.columns) == COLUMNS
        assert rows.select(expected.columns).sort("id").equals(expected)
