"""Reading PostgreSQL: columns by its catalog, rows over ADBC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from connectors.databases.address import Address
from connectors.databases.column import Column
from connectors.databases.database import Server, Statement, TableName
from connectors.databases.parameters import statement_of
from connectors.databases.postgres.catalog import PgColumn, find_table, query_columns, table_columns
from connectors.databases.postgres.connecting import catalog_connection
from connectors.databases.postgres.functions import check_functions
from connectors.databases.postgres.reading import batches
from connectors.databases.postgres.types import column_of

if TYPE_CHECKING:
    import psycopg
    from sqlglot import exp


class Postgres:
    """PostgreSQL 12 and later."""

    dialect = "postgres"

    def describe_table(self, address: Address, table: TableName) -> list[Column]:
        with catalog_connection(address) as connection:
            found = find_table(connection, table)
            return _read(connection, table_columns(connection, found.oid))

    def describe_query(self, address: Address, query: exp.Query, parameters: Sequence[Any]) -> list[Column]:
        with catalog_connection(address) as connection:
            check_functions(connection, query)
            text = statement_of(cast("exp.Expression", query), self.dialect).sql
            return _read(connection, query_columns(connection, text))

    def estimated_rows(self, address: Address, table: TableName) -> int | None:
        with catalog_connection(address) as connection:
            return find_table(connection, table).rows

    def batches(self, address: Address, statement: Statement, *, batch_rows: int) -> Iterator[pl.DataFrame]:
        return batches(address, statement, batch_rows=batch_rows)

    def by_code_point(self, value: exp.Expression) -> exp.Expression:
        from sqlglot import exp

        return exp.Collate(this=value, expression=exp.to_identifier("C", quoted=True))

    def server(self, address: Address) -> Server:
        with catalog_connection(address) as connection:
            row = connection.execute(
                """select current_setting('server_version'), current_user, current_database(),
                          exists (select from pg_catalog.pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f')
                                  and c.relnamespace not in ('pg_catalog'::regnamespace,
                                                             'information_schema'::regnamespace)
                                  and has_table_privilege(c.oid, 'select')),
                          exists (select from pg_catalog.pg_class c where c.relkind in ('r', 'p')
                                  and c.relnamespace not in ('pg_catalog'::regnamespace,
                                                             'information_schema'::regnamespace)
                                  and has_table_privilege(c.oid, 'insert, update, delete')),
                          coalesce(has_schema_privilege(current_schema(), 'create'), false)"""
            ).fetchone()
            assert row is not None
        version, user, database, reads, writes, creates = row
        return Server(product="PostgreSQL", version=version, user=user, database=database,
                      abilities={"read": reads, "write": writes, "create": creates})  # fmt: skip


def _read(connection: psycopg.Connection[Any], columns: Sequence[PgColumn]) -> list[Column]:
    scale = 2
    if any("money" in {each.type.name, each.type.item.name if each.type.item else ""} for each in columns):
        row = connection.execute("select scale(0::money::numeric)").fetchone()
        scale = row[0] if row else scale
    return [column_of(each, money_scale=scale) for each in columns]


DATABASE = Postgres()
