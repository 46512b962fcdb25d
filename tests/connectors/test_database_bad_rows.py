"""Rows of a database with a value that is none of our types': bad rows, as in files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from connectors.databases.column import Column
from connectors.databases.sqlite.database import Sqlite
from ir.types import Integer
from transforms import sql

ENGINES = ["polars", "duckdb"]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five rows, the second and the fourth of them with no integer in `pieces`."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table orders (id integer primary key, pieces int, customer text)")
        connection.executemany("insert into orders values (?, ?, ?)",
                               [(1, 4, "Ada"), (2, "many", "Bo"), (3, None, "Cy"), (4, "few", None), (5, 6, "Di")],
                               )  # fmt: skip
        connection.commit()
    described = Sqlite.describe_table

    def describe(self: Sqlite, *about: Any) -> list[Column]:
        return [replace(each, misfit=_is_no_integer(each.name)) if each.type == Integer() and each.name == "pieces"
                else each for each in described(self, *about)]  # fmt: skip

    monkeypatch.setattr(Sqlite, "describe_table", describe)
    return tmp_path


def _is_no_integer(name: str) -> Any:
    from sqlglot import exp

    kind = sql.call("typeof", sql.column(name))
    return exp.EQ(this=kind, expression=sql.text("text"))


def _plan(folder: Path, engine: str, *, transforms: Sequence[dict[str, Any]] = (), config: Any = None,
          **about: Any) -> wf.Plan:  # fmt: skip
    source = {
        "type": "database", "alias": "orders", "location": "shop.db", "rejects": "odd",
        "database_config": {"connection": {"plugin_key": "sqlite"}, "table": "orders",
                            "order_by": [{"field": "id"}]} | about,
        "config": config if config is not None else {"max_bad": 5},
    }  # fmt: skip
    document = {
        "ir_version": "3.1", "goal": "g", "data_sources": [source], "transforms": list(transforms),
        "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": "out.csv"}},
    }  # fmt: skip
    return wf.compile(document, base=folder, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_value_that_does_not_fit_makes_its_row_a_dead_letter(shop: Path, engine: str) -> None:
    result = _plan(shop, engine).run(out=shop / "out")
    assert (shop / "out" / "out.csv").read_text() == "id,pieces,customer\n1,4,Ada\n3,,Cy\n5,6,Di\n"
    assert result.status == "incomplete"
    letters = pl.read_parquet(result.dead_letters["path"])
    assert letters.select("source", "file", "row", "column", "text", "rule").rows() == [
        ("orders", None, 2, "pieces", "many", "type"),
        ("orders", None, 4, "pieces", "few", "type"),
    ]
    assert json.loads(letters["original"][0]) == {"id": "2", "pieces": "many", "customer": "Bo"}
    assert letters["reason"][1] == 'pieces: "few" does not fit integer'
    assert [(each.rows_in, each.rows_out, each.dead_letters) for each in result.steps if each.name == "orders"] == [
        (5, 3, 2)
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_rejects_of_a_database_are_a_frame(shop: Path, engine: str) -> None:
    odd = _plan(shop, engine).collect("odd")
    assert odd.select("id", "pieces", "_row").rows() == [("2", "many", 2), ("4", "few", 4)]


@pytest.mark.parametrize("engine", ENGINES)
def test_bad_rows_do_not_depend_on_which_columns_and_rows_a_workflow_uses(shop: Path, engine: str) -> None:
    steps = [
        {"type": "filter", "config": {"where": "id >= 5"}},
        {"type": "map", "config": {"columns": {"customer": "customer"}, "keep": False}},
    ]
    for each in (steps[:1], [{"type": "limit", "config": {"count": 1}}]):
        result = _plan(shop, engine, transforms=each).run(out=shop / f"out-{len(each)}-{each[0]['type']}")
        assert result.dead_letters["count"] == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_limit_of_the_source_counts_bad_rows_too(shop: Path, engine: str) -> None:
    result = _plan(shop, engine, limit=3).run(out=shop / "out")
    assert (shop / "out" / "out.csv").read_text() == "id,pieces,customer\n1,4,Ada\n3,,Cy\n"
    assert result.dead_letters["count"] == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_null_keeps_the_row_without_the_value(shop: Path, engine: str) -> None:
    result = _plan(shop, engine, config={"on_bad_row": "null", "max_bad": 5}).run(out=shop / "out")
    assert (shop / "out" / "out.csv").read_text() == "id,pieces,customer\n1,4,Ada\n2,,Bo\n3,,Cy\n4,,\n5,6,Di\n"
    assert [each.code for each in result.warnings if not isinstance(each, str)] == ["IR538"]


@pytest.mark.parametrize("engine", ENGINES)
def test_more_bad_rows_than_allowed_stop_the_run(shop: Path, engine: str) -> None:
    with pytest.raises(wf.WorkflowError) as stopped:
        _plan(shop, engine, config={"max_bad": 1}).run(out=shop / "out")
    found = stopped.value.diagnostics[0]
    assert found.code == "IR533"
    assert found.message == 'table orders, row 2, column "pieces": "many" does not fit integer'
    assert found.notes[-1] == "2 of 5 rows are bad, more than max_bad allows (1)"
    assert not (shop / "out" / "out.csv").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_error_stops_at_the_first(shop: Path, engine: str) -> None:
    with pytest.raises(wf.WorkflowError, match='row 2, column "pieces": "many" does not fit integer'):
        _plan(shop, engine, config={"on_bad_row": "error"}).run(out=shop / "out")
