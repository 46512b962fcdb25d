"""A small shop in a SQLite file, and workflows over its tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import polars as pl

import weirflow as wf
from connectors.databases.address import Address
from connectors.databases.database import Statement
from connectors.databases.sqlite.database import Sqlite

ORDERS = [(1, "Ada", 10.5, 2, "paid"), (2, "Bo", 7.0, 1, "Paid"), (3, None, 1.25, None, "open"),
          (4, "Ada", None, 5, "paid"), (5, "é", 99.0, 1, None)]  # fmt: skip
CUSTOMERS = [("Ada", "Oslo"), ("Bo", None), (None, "nowhere"), ("é", "Rome")]


def make_shop(folder: Path) -> Path:
    path = folder / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "create table orders (id integer primary key, customer text, amount real, n integer, status text) strict"
        )
        connection.execute("create table customers (name text, city text)")
        connection.executemany("insert into orders values (?, ?, ?, ?, ?)", ORDERS)
        connection.executemany("insert into customers values (?, ?)", CUSTOMERS)
        connection.commit()
    return path


def table(name: str, **config: Any) -> dict[str, Any]:
    """The table as a source of its name."""
    return {"type": "database", "alias": name, "location": "shop.db",
            "database_config": {"connection": {"plugin_key": "sqlite"}, "table": name, **config}}  # fmt: skip


def over(transforms: Sequence[Mapping[str, Any]], *sources: Mapping[str, Any], pushdown: bool = True,
         **more: Any) -> dict[str, Any]:  # fmt: skip
    """A workflow over the sources, by default the orders."""
    return {"ir_version": "3.1", "goal": "test", "settings": {"pushdown": pushdown},
            "data_sources": list(sources) or [table("orders")], "transforms": list(transforms), **more}  # fmt: skip


def statements(document: Mapping[str, Any], folder: Path) -> list[tuple[str, tuple[str, ...]]]:
    """What a plan says that it sends for its deliveries: the statements and their values."""
    found = wf.compile(document, base=folder).planned().statements
    return [(each.sql, each.values) for each in found if each.reads == "deliveries"]


def reasons(document: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Why steps are not done in the database."""
    return {each.id: each.outside for each in wf.compile(document, base=folder).steps if each.outside is not None}


@contextmanager
def sent() -> Iterator[list[str]]:
    """The statements that were really sent meanwhile."""
    texts: list[str] = []
    whole = Sqlite.batches

    def batches(self: Sqlite, address: Address, statement: Statement, *, batch_rows: int) -> Iterator[pl.DataFrame]:
        texts.append(statement.sql)
        return whole(self, address, statement, batch_rows=batch_rows)

    Sqlite.batches = batches  # type: ignore[method-assign]
    try:
        yield texts
    finally:
        Sqlite.batches = whole  # type: ignore[method-assign]


def rows(document: Mapping[str, Any], folder: Path, frame: str = "data") -> list[tuple[Any, ...]]:
    """The frame's rows, the same on both engines, and with and without work done in the database."""
    found = []
    for engine in ("polars", "duckdb"):
        for pushdown in (True, False):
            asked = {**document, "settings": {**document["settings"], "pushdown": pushdown}}
            plan = wf.compile(asked, base=folder, engine=engine)
            rows = plan.collect(frame).rows()
            order = plan.compiled.graph[plan.relation(frame)].frame.order
            found.append(rows if order is not None else sorted(rows, key=repr))
    assert all(each == found[0] for each in found), found
    return found[0]
