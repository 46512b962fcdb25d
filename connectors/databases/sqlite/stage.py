"""Rows on their way into a table of SQLite: a file of its own, filled through ADBC and attached to the target."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from connectors.databases.refusals import misfit
from connectors.databases.sqlite.target_types import Kept, kept, native_type
from connectors.databases.writing import TableWrite, TargetTable
from transforms.expressions.polars_columns import all_exact, exact

SCHEMA, STAGE = "weirflow_staged", "weirflow_stage"
"""What the file is attached as, and its one table."""


class Stage:
    """Filled by one connection, which is closed before another attaches the file. `count` is the number of rows."""

    def __init__(self, write: TableWrite, target: TargetTable | None, collations: Mapping[str, str]) -> None:
        self.write = write
        self.count = 0
        self._natives = {name: _native(write, target, name) for name in write.columns}
        self._kept = {name: kept(name, kind, self._natives[name]) for name, kind in write.columns.items()}
        self._folder = Path(tempfile.mkdtemp(prefix="weirflow-stage-"))
        self.path = self._folder / "stage.db"
        self._fill = _connected(self.path)
        columns = ", ".join(_definition(name, each, collations) for name, each in self._kept.items())
        self._run(f"create table {STAGE} ({columns})")

    def add(self, batch: pl.DataFrame) -> None:
        """Append rows.

        Raises:
            ConnectorProblem: IR637 for a value that its column would not keep as it is.
        """
        if not batch.height:
            return
        self._check(batch)
        rows = batch.select(each.value.alias(name) for name, each in self._kept.items())
        with self._fill.cursor() as cursor:
            cursor.adbc_ingest(STAGE, rows.to_arrow(), mode="append")
        self.count += batch.height

    def _check(self, batch: pl.DataFrame) -> None:
        for name, each in self._kept.items():
            if each.misfit is None:
                continue
            found = batch.filter(each.misfit).head(1)
            if found.height:
                key = found.select(all_exact(self.write.keys)).row(0, named=True) if self.write.keys else None
                value = found.select(exact(name).cast(pl.String)).item()
                raise misfit(self.write, name, self._natives[name], each.said, key=key, shown=value)

    def complete(self, *, indexed: bool) -> None:
        """No more rows come; with `indexed` they are found by their keys."""
        self._close()
        if indexed and self.write.keys:
            with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                connection.execute("pragma synchronous = off")
                connection.execute("pragma journal_mode = off")
                keys = ", ".join(quoted(name) for name in self.write.keys)
                connection.execute(f"create index if not exists weirflow_keys on {STAGE} ({keys})")

    def discard(self) -> None:
        self._close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _close(self) -> None:
        if self._fill is not None:
            self._fill.close()
        self._fill = None

    def _run(self, statement: str) -> None:
        with self._fill.cursor() as cursor:
            cursor.execute(statement)


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _connected(path: Path) -> Any:
    from adbc_driver_sqlite import dbapi

    connection = dbapi.connect(str(path), autocommit=True)
    with connection.cursor() as cursor:
        for each in ("pragma journal_mode = off", "pragma synchronous = off"):  # nobody needs it after a crash
            cursor.execute(each)
            cursor.fetchall()
    return connection


def _native(write: TableWrite, target: TargetTable | None, name: str) -> str:
    found = target.column(name) if target is not None else None
    return found.native if found is not None else native_type(write.columns[name]) or "TEXT"


def _definition(name: str, each: Kept, collations: Mapping[str, str]) -> str:
    """Keys are compared as the target compares them."""
    collation = f" collate {collations[name]}" if name in collations else ""
    return f"{quoted(name)} {each.affinity}{collation}"
