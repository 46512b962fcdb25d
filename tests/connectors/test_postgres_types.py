"""Every type of PostgreSQL as it arrives: one case for each cell of the table in docs/database-types.md."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from docs.generator.cells import BAD, Cell
from docs.generator.postgres_types import CELLS
from tests.servers.fixtures import running
from tests.servers.postgres import Postgres
from tests.servers.running import Database

ENGINES = ["polars", "duckdb"]


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    access = running("postgres")
    program = Postgres()
    name = f"types_{os.getpid()}"
    program.create_database(access, name)
    found = Database(program=program, access=access, scheme="postgresql", name=name)
    found.execute("create extension if not exists hstore", "create extension if not exists citext", is_admin=True)
    found.execute(
        "create type mood as enum ('sad', 'happy')",
        "create domain price as numeric(8,2) check (value >= 0)",
        "create type point3 as (x int, y int, note text)",
    )
    yield found
    program.drop_database(access, name)


def plan_of(database: Database, monkeypatch: pytest.MonkeyPatch, folder: Path, engine: str, *, config: Any = None,
            **about: Any) -> wf.Plan:  # fmt: skip
    monkeypatch.setenv("SHOP", database.url)
    source = {
        "type": "database", "alias": "things", "rejects": "odd",
        "database_config": {"connection": {"plugin_key": "postgres", "credentials_ref": "env:SHOP"}, **about},
        **({"config": config} if config else {}),
    }  # fmt: skip
    document = {
        "ir_version": "3.1", "goal": "g", "data_sources": [source],
        "delivery_rules": {"file_delivery": {"format": "ndjson", "filename_template": "out.ndjson"}},
    }  # fmt: skip
    return wf.compile(document, base=folder, engine=engine)


@pytest.mark.parametrize("cell", [each for each in CELLS if each.value is not BAD], ids=str)
def test_a_value_arrives_as_the_table_says(cell: Cell, database: Database, monkeypatch: pytest.MonkeyPatch,
                                           tmp_path: Path) -> None:  # fmt: skip
    database.execute("drop table if exists cell", f"create table cell (id int, value {cell.native})",
                     f"insert into cell values (1, {cell.written}), (2, null)")  # fmt: skip
    for engine in ENGINES:
        for about in ({"table": "cell"}, {"query": "select id, value from cell"}):
            plan = plan_of(database, monkeypatch, tmp_path, engine, order_by=[{"field": "id"}], **about)
            assert str(plan.schema("data")["value"]) == ("list(integer)" if _is_flat(cell, about) else cell.type)
            if not _is_flat(cell, about):
                assert plan.collect("data").rows() == [(1, cell.value), (2, None)]


def _is_flat(cell: Cell, about: dict[str, str]) -> bool:
    """Whether it is an array of several dimensions in a query, which tells their number nowhere."""
    return cell.native == "bigint[][]" and "query" in about


TEXT_OF_BAD = {
    ("numeric(12,2)", "'NaN'"): "NaN",
    ("numeric", "'NaN'"): "NaN",
    ("numeric", "'Infinity'"): "Infinity",
    ("numeric", "1e28"): "10000000000000000000000000000",
    ("numeric", "0.12345678901"): "0.12345678901",
    ("numeric(50,10)", "12345678901234567890123456789"): "12345678901234567890123456789.0000000000",
    ("date", "'infinity'"): "infinity",
    ("date", "'0044-03-15 BC'"): "0044-03-15 BC",
    ("date", "'10000-01-01'"): "10000-01-01",
    ("timestamp", "'-infinity'"): "-infinity",
    ("timestamp", "'294276-01-01'"): "294276-01-01 00:00:00",
    ("timestamptz", "'infinity'"): "infinity",
    ("time", "'24:00:00'"): "24:00:00",
    ("interval", "'1 month 2 days'"): "1 mon 2 days",
    ("interval", "'-3 years'"): "-3 years",
    ("interval", "'300000000 days'"): "300000000 days",
    ("integer[]", "'{{1,2},{3,4}}'"): "{{1,2},{3,4}}",
    ("numeric(6,2)[]", "'{1,NaN}'"): "{1.00,NaN}",
    ("timestamp[]", "'{infinity}'"): "{infinity}",
    ("interval[]", "'{1 month}'"): '{"1 mon"}',
}


@pytest.mark.parametrize("cell", [each for each in CELLS if each.value is BAD], ids=str)
def test_a_value_that_none_of_our_types_holds_is_a_bad_row(cell: Cell, database: Database,
                                                           monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                           ) -> None:  # fmt: skip
    text = TEXT_OF_BAD[cell.native, cell.written]
    database.execute("drop table if exists cell", f"create table cell (id int, value {cell.native})",
                     f"insert into cell values (1, null), (2, {cell.written}), (3, null)")  # fmt: skip
    for engine in ENGINES:
        plan = plan_of(database, monkeypatch, tmp_path, engine, table="cell", order_by=[{"field": "id"}],
                       config={"max_bad": 1})  # fmt: skip
        result = plan.run(out=tmp_path / engine)
        letters = pl.read_parquet(result.dead_letters["path"])
        assert letters.select("row", "column", "text", "reason").rows() == [
            (2, "value", text, f'value: "{text}" does not fit {cell.type}')
        ]
        assert result["data"].rows() == [(1, None), (3, None)]


def test_null_keeps_the_rows(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database.execute("drop table if exists cell", "create table cell (id int, day date, span interval, n numeric)",
                     "insert into cell values (1, 'infinity', '1 month', 'NaN'), (2, '2026-01-01', '1 day', 1.5)",
                     )  # fmt: skip
    for engine in ENGINES:
        plan = plan_of(database, monkeypatch, tmp_path, engine, table="cell", order_by=[{"field": "id"}],
                       config={"on_bad_row": "null", "max_bad": "100%"})  # fmt: skip
        assert plan.collect("data").rows() == [
            (1, None, None, None),
            (2, date(2026, 1, 1), timedelta(days=1), Decimal("1.5")),
        ]
