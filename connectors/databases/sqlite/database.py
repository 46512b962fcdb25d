"""Reading SQLite files through ADBC."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.databases.address import Address
from connectors.databases.column import Column
from connectors.databases.database import Server, Statement, TableName
from connectors.problem import ConnectorProblem
from ir import types as t
from ir.diagnostics import did_you_mean

if TYPE_CHECKING:
    from sqlglot import exp


class Sqlite:
    """Databases that are files."""

    dialect = "sqlite"

    def describe_table(self, address: Address, table: TableName) -> list[Column]:
        with closing(_connect(address)) as connection:
            rows = connection.execute('select name, type, "notnull" from pragma_table_info(?)', [table.name]).fetchall()
            if not rows:
                names = [
                    row[0]
                    for row in connection.execute("select name from sqlite_master where type in ('table', 'view')")
                ]
                raise ConnectorProblem("IR570", f"{address.shown} has no table {table.name}",
                                       key=("database_config", "table"),
                                       hint=did_you_mean(table.name, names))  # fmt: skip
        return [Column(name=name, type=_type(native), native=native or "any", not_null=bool(required))
                for name, native, required in rows]  # fmt: skip

    def describe_query(self, address: Address, query: exp.Query, parameters: Sequence[Any]) -> list[Column]:
        raise NotImplementedError

    def estimated_rows(self, address: Address, table: TableName) -> int | None:
        with closing(_connect(address)) as connection:
            quoted = table.name.replace('"', '""')
            found = connection.execute(f'select max(rowid) from "{quoted}"').fetchone()
        return found[0] if found and isinstance(found[0], int) else None

    def batches(self, address: Address, statement: Statement, *, batch_rows: int) -> Iterator[pl.DataFrame]:
        from adbc_driver_sqlite import dbapi

        with dbapi.connect(f"file:{address.path}?mode=ro") as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(batch_rows)})
            cursor.execute(statement.sql, statement.parameters or None)
            for batch in cursor.fetch_record_batch():
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)
                yield frame

    def by_code_point(self, value: exp.Expression) -> exp.Expression:
        from sqlglot import exp

        return exp.Collate(this=value, expression=exp.var("BINARY"))

    def server(self, address: Address) -> Server:
        with closing(_connect(address)) as connection:
            version = connection.execute("select sqlite_version()").fetchone()[0]
        return Server(product="SQLite", version=version, database=str(address.path))


def _connect(address: Address) -> sqlite3.Connection:
    path = address.path
    assert path is not None
    if not path.exists():
        raise ConnectorProblem("IR505", f"{path} does not exist", key=("location",))
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _type(native: str) -> t.DataType:
    word = native.upper()
    if match := re.search(r"(?:DECIMAL|NUMERIC)\s*\((\d+)\s*,\s*(\d+)\)", word):
        return t.Decimal(int(match[1]), int(match[2]))
    if "INT" in word:
        return t.Integer()
    if any(each in word for each in ("REAL", "FLOA", "DOUB", "NUMERIC")):
        return t.Number()
    return t.String()


DATABASE = Sqlite()
