"""The orders of a Parquet file into a table, by insert and by upsert: by weirflow, and by hand in the fastest way."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.databases.data import COLUMNS, batches, definition
from benchmarks.databases.places import Place

OPERATIONS = ("insert", "upsert")
_SET = {"mysql": "{0} = values({0})", "postgres": "{0} = excluded.{0}", "sqlite": "{0} = excluded.{0}"}


def prepare(place: Place, operation: str, source: str, table: str) -> None:
    """An empty table; for an upsert with every second order of the table `source`, half of it out of date."""
    place.execute(
        f"drop table if exists {table}", "drop table if exists weirflow_ledger", definition(place.kind, table)
    )
    if operation == "upsert":
        columns = ", ".join("quantity + 1" if name == "quantity" else name for name in COLUMNS)
        place.execute(f"insert into {table} select {columns} from {source} where id % 2 = 0")


def by_weirflow(place: Place, operation: str, table: str, path: Path) -> None:
    import weirflow as wf

    where: dict[str, Any] = {"plugin_key": place.kind}
    if place.kind == "sqlite":
        where["path"] = place.url
    else:
        where["credentials_ref"] = "env:WEIRFLOW_BENCH"
    keys = {"key_fields": ["id"]} if operation == "upsert" else {}
    document = {
        "ir_version": "3.1", "goal": "Keep the orders",
        "data_sources": [{"type": "file", "location": str(path)}],
        "delivery_rules": {"database_delivery": {**where, "table": table, "operation": operation, **keys}},
    }  # fmt: skip
    done = wf.run(document, engine="polars")
    if done.status != "succeeded":
        raise RuntimeError(str([each.error for each in done.deliveries]))


def _on_conflict(kind: str, operation: str) -> str:
    if operation == "insert":
        return ""
    changes = ", ".join(_SET[kind].format(name) for name in COLUMNS[1:])
    clause = "on duplicate key update" if kind == "mysql" else "on conflict (id) do update set"
    return f" {clause} {changes}"


def copy_and_set(place: Place, operation: str, table: str, path: Path) -> None:
    """PostgreSQL: COPY in binary form through ADBC into a temporary table, then one set statement."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(place.url) as connection, connection.cursor() as cursor:
        cursor.execute(f"create temp table stage as select * from {table} with no data")
        for batch in batches(path):
            cursor.adbc_ingest("stage", batch.to_arrow(), mode="append", temporary=True)
        cursor.execute(f"insert into {table} select * from stage{_on_conflict('postgres', operation)}")
        connection.commit()


def load_and_set(place: Place, operation: str, table: str, path: Path) -> None:
    """MySQL: a CSV file through LOAD DATA into a temporary table, then one set statement."""
    with tempfile.TemporaryDirectory() as folder, closing(place.connect()) as connection:
        lines = Path(folder) / "rows.csv"
        with lines.open("wb") as file:
            for batch in batches(path):
                batch.with_columns(pl.col("is_paid").cast(pl.Int8)).write_csv(
                    file, include_header=False, null_value="\\N", quote_style="never", separator="\t"
                )
        cursor = connection.cursor()
        cursor.execute(f"create temporary table stage as select * from {table} limit 0")
        cursor.execute(f"load data local infile '{lines}' into table stage character set utf8mb4")
        cursor.execute("start transaction")
        cursor.execute(f"insert into {table} select * from stage{_on_conflict('mysql', operation)}")
        connection.commit()


def execute_many(place: Place, operation: str, table: str, path: Path) -> None:
    """SQLite: rows one by one in one transaction, which a statement prepared once takes."""
    places = ", ".join("?" * len(COLUMNS))
    statement = f"insert into {table} values ({places}){_on_conflict('sqlite', operation)}"
    texts = [pl.col("price").cast(pl.Float64), pl.col("day").cast(pl.String),
             pl.col("at").dt.strftime("%Y-%m-%d %H:%M:%S%.6f")]  # fmt: skip
    with closing(sqlite3.connect(place.path, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        for batch in batches(path):
            connection.executemany(statement, batch.with_columns(texts).iter_rows())
        connection.execute("commit")


PROGRAMS: dict[str, dict[str, Callable[[Place, str, str, Path], None]]] = {
    "postgres": {"weirflow": by_weirflow, "COPY and one statement": copy_and_set},
    "mysql": {"weirflow": by_weirflow, "LOAD DATA and one statement": load_and_set},
    "sqlite": {"weirflow": by_weirflow, "executemany": execute_many},
}
