"""Every type of MySQL and MariaDB arrives as the table in docs/database-types.md says."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot

import weirflow as wf
from connectors.databases.address import address_of
from connectors.databases.mysql.database import DATABASE
from connectors.databases.relation import DatabaseRelation
from connectors.secrets.secret import Secret
from docs.generator.cells import BAD, Cell
from docs.generator.mysql_types import CELLS
from tests.connectors.database_sources import reads, rows_on_both
from tests.servers.running import Database

LENIENT = "set sql_mode = 'ALLOW_INVALID_DATES'"


def _table_of(cell: Cell, database: Database) -> None:
    database.execute(
        LENIENT, "set time_zone = '+00:00'", f"create table cell (id integer primary key, v {cell.native})",
        f"insert into cell values (1, {cell.written}), (2, null)",
    )  # fmt: skip


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_value_arrives_as_the_table_says(cell: Cell, mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    _table_of(cell, mariadb)
    document = reads(mariadb, monkeypatch, table="cell", order_by=[{"field": "id"}], rejects="odd",
                     config={"max_bad": 1})  # fmt: skip

    plan = wf.compile(document)
    assert str(plan.schema()["v"]) == cell.type
    rows = rows_on_both(document)["v"].to_list()
    if cell.value is BAD:
        assert rows == [None]
        assert rows_on_both(document, "odd")["_row"].to_list() == [1]
    else:
        assert rows == [cell.value, None]


_IN_QUERIES = {"json": "string", "uuid": "string", "inet6": "string", "inet4": "string"}


@pytest.mark.parametrize("cell", [each for each in CELLS if each.value is not BAD], ids=str)
def test_a_query_gives_the_same_value(cell: Cell, mariadb: Database) -> None:
    _table_of(cell, mariadb)
    query = sqlglot.parse_one("select v, id from cell", dialect="mysql")
    address = address_of("mysql", Secret("env:TEST", mariadb.url), base=Path())
    columns = DATABASE.describe_query(address, query, ())

    assert str(columns[0].type) == _IN_QUERIES.get(cell.native, cell.type)
    relation = DatabaseRelation(name="rows", database=DATABASE, address=address, origin=query, label="query",
                                columns=tuple(columns))  # fmt: skip
    assert relation.to_polars().sort("id").collect()["v"].to_list() == [cell.value, None]
