"""The databases that rows are written to, one face for the tests: what a test asks of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.running import Database

WRITTEN = ("postgres", "mysql", "sqlite")
"""The kinds that can be written to: each test of writing runs on each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An empty database. `place` are the keys of a delivery that say where it is."""

    kind: str
    place: dict[str, Any]
    run: Callable[..., list[tuple[Any, ...]]]
    """Runs statements, one after the other; the rows of the last one."""

    def rows(self, table: str = "orders") -> list[tuple[Any, ...]]:
        """All rows, in the order of their columns' values."""
        return sorted(self.run(f"select * from {table}"), key=lambda row: [(each is None, each or 0) for each in row])


def of_server(kind: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A database of a server, whose URL is the secret env:SHOP."""
    monkeypatch.setenv("SHOP", database.url)
    return Target(kind=kind, place={"plugin_key": kind, "credentials_ref": "env:SHOP"}, run=database.execute)


def of_file(path: Path) -> Target:
    """A database of SQLite."""

    def run(*statements: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            found: list[tuple[Any, ...]] = []
            for each in statements:
                found = connection.execute(each).fetchall()
            connection.commit()
        return found

    return Target(kind="sqlite", place={"plugin_key": "sqlite", "path": str(path)}, run=run)


def written_database(kind: str, request: pytest.FixtureRequest, tmp_path: Path,
                     monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:  # fmt: skip
    """The empty database of this kind."""
    if kind == "sqlite":
        yield of_file(tmp_path / "shop.db")
    else:
        fixture = {"mysql": "mariadb"}.get(kind, kind)
        yield of_server(kind, request.getfixturevalue(fixture), monkeypatch)
