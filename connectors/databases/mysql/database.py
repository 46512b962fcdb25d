"""Reading MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from connectors.databases.address import Address
from connectors.databases.column import Column
from connectors.databases.database import Server, Statement, TableName
from connectors.databases.mysql import catalog
from connectors.databases.mysql.parameters import bound
from connectors.databases.mysql.problems import problem_of
from connectors.databases.mysql.reading import DriverFailed, read
from connectors.databases.mysql.session import driver_url, first_words, session
from connectors.databases.parameters import statement_of
from transforms import sql

if TYPE_CHECKING:
    import polars as pl
    from sqlglot import exp


class MySQL:
    """MySQL and MariaDB: the catalog is asked through pymysql, rows arrive as Arrow through connectorx."""

    dialect = "mysql"

    def describe_table(self, address: Address, table: TableName) -> list[Column]:
        with session(address) as cursor:
            return catalog.table_columns(cursor, table, shown=address.shown)

    def describe_query(self, address: Address, query: exp.Query, parameters: Sequence[Any]) -> list[Column]:
        from sqlglot import exp

        limited = sql.select([exp.Star()], cast("exp.Expression", query.copy())).limit(0, copy=False)
        statement = statement_of(limited, self.dialect)
        with session(address) as cursor:
            cursor.execute(bound(statement.sql, statement.parameters or parameters))
            return catalog.result_columns(cursor)

    def estimated_rows(self, address: Address, table: TableName) -> int | None:
        with session(address) as cursor:
            return catalog.estimated_rows(cursor, table)

    def batches(self, address: Address, statement: Statement, *, batch_rows: int) -> Iterator[pl.DataFrame]:
        text = bound(statement.sql, statement.parameters)
        with session(address):  # connectorx tries for half a minute before it says what is wrong
            pass
        try:
            yield from read(driver_url(address), text, session=first_words(address), batch_rows=batch_rows)
        except DriverFailed as error:
            raise problem_of(error, address) from error

    def by_code_point(self, value: exp.Expression) -> exp.Expression:
        """As bytes of UTF-8: every collation of characters takes some of them as equal, if only spaces at the end."""
        from sqlglot import exp

        characters = exp.Cast(
            this=value, to=exp.DataType(this=exp.DataType.Type.CHARACTER_SET, kind=exp.var("utf8mb4"))
        )
        return exp.Cast(this=characters, to=exp.DataType.build("binary", dialect="mysql"))

    def server(self, address: Address) -> Server:
        with session(address) as cursor:
            cursor.execute("select version(), current_user(), database()")
            version, user, database = cursor.fetchone()
            cursor.execute("show grants")
            grants = [str(row[0]).upper() for row in cursor.fetchall()]
        return Server(
            product="MariaDB" if "mariadb" in version.lower() else "MySQL", version=version.split("-")[0], user=user,
            database=database,
            abilities={name: any(_grants(each, word) for each in grants)
                       for name, word in (("read", "SELECT"), ("write", "INSERT"), ("create", "CREATE"))},
        )  # fmt: skip


def _grants(grant: str, word: str) -> bool:
    privileges = grant.removeprefix("GRANT ").partition(" ON ")[0]
    return privileges.startswith("ALL") or word in [each.strip() for each in privileges.split(",")]


DATABASE = MySQL()
