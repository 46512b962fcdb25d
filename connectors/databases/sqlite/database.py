"""Reading SQLite files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from connectors.databases.address import Address
from connectors.databases.column import Column
from connectors.databases.database import Server, Statement, TableName
from connectors.databases.sqlite import catalog, reading
from connectors.databases.sqlite.opening import opened

if TYPE_CHECKING:
    import polars as pl
    from sqlglot import exp


class Sqlite:
    """Databases that are files: the catalog is asked through Python's own module, rows arrive as Arrow through ADBC."""

    dialect = "sqlite"

    def describe_table(self, address: Address, table: TableName) -> list[Column]:
        with opened(address) as connection:
            return catalog.table_columns(connection, address, table)

    def describe_query(self, address: Address, query: exp.Query, parameters: Sequence[Any]) -> list[Column]:
        with opened(address) as connection:
            return catalog.query_columns(connection, query, parameters)

    def estimated_rows(self, address: Address, table: TableName) -> int | None:
        with opened(address) as connection:
            return catalog.estimated_rows(connection, table)

    def batches(self, address: Address, statement: Statement, *, batch_rows: int) -> Iterator[pl.DataFrame]:
        return reading.batches(address, statement, batch_rows=batch_rows)

    def by_code_point(self, value: exp.Expression) -> exp.Expression:
        from sqlglot import exp

        return exp.Collate(this=value, expression=exp.var("BINARY"))

    def server(self, address: Address) -> Server:
        with opened(address) as connection:
            version = connection.execute("select sqlite_version()").fetchone()[0]
        assert address.path is not None
        may_write = os.access(address.path, os.W_OK)
        return Server(product="SQLite", version=version, database=str(address.path),
                      abilities={"read": True, "write": may_write, "create": may_write})  # fmt: skip


DATABASE = Sqlite()
