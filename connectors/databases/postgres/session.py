"""A connection to PostgreSQL that writes, its transaction in our own hands.

ADBC's own transactions allow no way back to a savepoint after an error, so it is told that there are none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from connectors.attempt import stoppable
from connectors.databases.address import Address
from connectors.databases.postgres.connecting import uri_of

if TYPE_CHECKING:
    import polars as pl


class DatabaseError(Exception):
    """What the server said: its SQLSTATE ("" where the connection broke), and the fields of its message."""

    def __init__(self, error: Exception) -> None:
        found = {_text(name): _text(value) for name, value in getattr(error, "details", None) or ()}
        self.state: str = getattr(error, "sqlstate", None) or ""
        self.fields: Mapping[str, str] = {name.removeprefix("PG_DIAG_"): value for name, value in found.items()}
        self.said = self.fields.get("MESSAGE_PRIMARY") or str(error).strip().split("\n")[0]
        super().__init__(self.said)

    @property
    def detail(self) -> str:
        return self.fields.get("MESSAGE_DETAIL", "")

    @property
    def constraint(self) -> str | None:
        return self.fields.get("CONSTRAINT_NAME")


def _text(found: bytes | str) -> str:
    return found.decode(errors="replace") if isinstance(found, bytes) else found


class Session:
    """One connection. Every method raises DatabaseError for what the server says."""

    def __init__(self, address: Address) -> None:
        from adbc_driver_postgresql import dbapi

        self._errors = dbapi.Error
        try:
            self._connection = dbapi.connect(uri_of(address), autocommit=True)
        except self._errors as error:
            raise DatabaseError(error) from None

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; how many rows it touched."""
        try:
            with self._connection.cursor() as cursor, stoppable(cursor.adbc_cancel):
                cursor.execute(sql, tuple(parameters) or None)
                return max(int(cursor.rowcount), 0)
        except self._errors as error:
            raise DatabaseError(error) from None

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        try:
            with self._connection.cursor() as cursor, stoppable(cursor.adbc_cancel):
                cursor.execute(sql, tuple(parameters) or None)
                return list(cursor.fetchall())
        except self._errors as error:
            raise DatabaseError(error) from None

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        return next(iter(self.rows(sql, parameters)), None)

    def ingest(self, table: str, rows: pl.DataFrame) -> None:
        """Copy rows to a temporary table, in PostgreSQL's binary form."""
        try:
            with self._connection.cursor() as cursor, stoppable(cursor.adbc_cancel):
                cursor.adbc_ingest(table, rows.to_arrow(), mode="append", temporary=True)
        except self._errors as error:
            raise DatabaseError(error) from None

    def close(self) -> None:
        """Give the connection up; an open transaction ends with it. It never raises."""
        with suppress(Exception):
            self._connection.close()
