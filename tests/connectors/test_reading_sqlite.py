"""Tables of SQLite files as sources."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import weirflow as wf


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table orders (id integer primary key, customer text, amount double)")
        connection.executemany(
            "insert into orders values (?, ?, ?)", [(1, "Ada", 10.5), (2, "Bo", 7.0), (3, None, 1.25)]
        )
        connection.commit()
    return path


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_table_is_read_in_the_order_that_the_source_names(shop: Path, engine: str) -> None:
    source = {
        "type": "database",
        "location": "shop.db",
        "database_config": {
            "connection": {"plugin_key": "sqlite"},
            "table": "orders",
            "columns": ["id", "customer"],
            "order_by": [{"field": "customer", "direction": "desc", "nulls": "first"}],
            "limit": 2,
        },
    }
    plan = wf.compile({"ir_version": "3.1", "goal": "g", "data_sources": [source]}, base=shop.parent, engine=engine)
    assert plan.collect("data").rows() == [(3, None), (2, "Bo")]


def test_a_folder_is_told_from_a_database(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    source = {"type": "database", "location": "data",
              "database_config": {"connection": {"plugin_key": "sqlite"}, "table": "orders"}}  # fmt: skip
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile({"ir_version": "3.1", "goal": "g", "data_sources": [source]}, base=tmp_path)
    assert failure.value.diagnostics[0].message.endswith("data is a folder")
