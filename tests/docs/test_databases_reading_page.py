"""The statements on the page about reading MySQL and SQLite are those that plans show."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import weirflow as wf
from tests.connectors.database_sources import reads
from tests.servers.running import Database

PAGE = (Path(__file__).parents[2] / "docs" / "databases-reading-mysql-sqlite.md").read_text(encoding="utf-8")
DEFINITION, OF_MYSQL, OF_SQLITE = re.findall(r"```sql\n(.+)\n```", PAGE)


def test_the_statement_for_mysql_is_the_one_that_is_sent(mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    mariadb.execute(DEFINITION)
    plan = wf.compile(reads(mariadb, monkeypatch, table="orders"))

    assert plan.to_dict()["statements"][0]["sql"] == OF_MYSQL


def test_the_statement_for_sqlite_is_the_one_that_is_sent(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute(DEFINITION)
    source = {"type": "database", "location": "shop.db",
              "database_config": {"connection": {"plugin_key": "sqlite"}, "table": "orders"}}  # fmt: skip
    plan = wf.compile({"ir_version": "3.1", "goal": "g", "data_sources": [source]}, base=tmp_path)

    assert plan.to_dict()["statements"][0]["sql"] == OF_SQLITE
