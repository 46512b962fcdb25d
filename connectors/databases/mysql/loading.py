"""A connection that writes: what its session promises, and rows sent through LOAD DATA LOCAL.

The server asks for a file by its name; what it gets are the rows that the statement before announced, from memory, and
nothing else: a server that asks for any other file, or at any other time, gets nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from connectors.attempt import hang_up, stoppable
from connectors.databases.address import Address
from connectors.databases.mysql.session import connect

FILE = "weirflow-rows"
LOCK_PATIENCE_S = 30
_PIECE_BYTES = 256 * 1024
_MODES = ("STRICT_ALL_TABLES", "STRICT_TRANS_TABLES", "NO_ZERO_DATE", "NO_ZERO_IN_DATE", "ERROR_FOR_DIVISION_BY_ZERO",
          "NO_ENGINE_SUBSTITUTION", "NO_BACKSLASH_ESCAPES", "NO_AUTO_VALUE_ON_ZERO")  # fmt: skip
SESSION = (
    "set names utf8mb4",
    # strict: what does not fit is refused, not cut; 0 is a value, no wish for a new number; a backslash is a character
    f"set session sql_mode = '{','.join(_MODES)}', time_zone = '+00:00', lc_messages = 'en_US', sql_notes = 1",
    f"set session innodb_lock_wait_timeout = {LOCK_PATIENCE_S}, lock_wait_timeout = {LOCK_PATIENCE_S}",
    "set session foreign_key_checks = 1, unique_checks = 1, wait_timeout = 28800",
    # what has been looked at must not change before it is written: gaps between keys are locked too
    "set session transaction isolation level repeatable read",
)


class Session:
    """One connection, in autocommit until `start transaction`."""

    def __init__(self, address: Address, *, database: str | None = None) -> None:
        self._connection = connect(address, database=database, made_by=_connection_class(), local_infile=True)
        for each in SESSION:
            self.run(each)

    @property
    def is_open(self) -> bool:
        return bool(self._connection.open)

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """The number of rows that a statement changed."""
        with stoppable(self._hang_up), self._connection.cursor() as cursor:
            return int(cursor.execute(statement, tuple(parameters) or None) or 0)

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with stoppable(self._hang_up), self._connection.cursor() as cursor:
            cursor.execute(statement, tuple(parameters) or None)
            return [tuple(row) for row in cursor.fetchall()]

    def row(self, statement: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def matched(self, statement: str) -> int:
        """How many rows an update found, whether or not it changed them."""
        self.run(statement)
        return _numbers(self._connection.said)[0]

    def inserted(self, statement: str) -> int:
        """How many rows an insert … on duplicate key update added: it counts those that it changed twice, and says how
        many they were; those that it left as they were count for nothing."""
        done = self.run(statement)
        changed = _numbers(self._connection.said)[1]
        return done - 2 * changed

    def load(self, statement: str, text: bytes) -> list[tuple[str, int, str]]:
        """Send rows with a statement that asks for them; the warnings that it left: level, number, text."""
        with self._connection.answering(text):
            self.run(statement)
        return self.warnings()

    def warnings(self) -> list[tuple[str, int, str]]:
        """What the server remarked on the last statement, where it remarked something."""
        if not self._connection.warning_count():
            return []
        return [(str(level), int(number), str(said)) for level, number, said in self.rows("show warnings limit 20")]

    def _hang_up(self) -> None:
        hang_up(self._connection._sock.fileno())

    def close(self) -> None:
        """Ends the session, and with it a transaction that is open; never raises."""
        import pymysql

        try:
            self._connection.close()
        except (pymysql.err.Error, OSError):
            self._connection._force_close()


def _numbers(said: bytes) -> list[int]:
    """The counts of an answer such as Rows matched: 3  Changed: 1  Warnings: 0, which a byte of its length leads."""
    return [int(part.split()[0]) for part in said[1:].decode(errors="replace").split(":")[1:]]


@cache
def _connection_class() -> Any:
    """pymysql's connection, but it gives a server no file; made at first use, since pymysql is imported then."""
    from pymysql.connections import Connection, LoadLocalPacketWrapper, MySQLResult

    class Result(MySQLResult):  # type: ignore[misc]
        def _read_load_local_packet(self, first_packet: Any) -> None:
            connection = self.connection
            asked = LoadLocalPacketWrapper(first_packet).filename
            rows: bytes | None = connection.rows_to_send if asked == FILE.encode() else None
            connection.rows_to_send = None
            sent = rows or b""
            for start in range(0, len(sent), _PIECE_BYTES):
                connection.write_packet(sent[start : start + _PIECE_BYTES])
            connection.write_packet(b"")
            self._read_ok_packet(connection._read_packet())
            if rows is None:
                raise OSError(f"the server asked for the file {asked!r}, which it does not get")

    class LoadingConnection(Connection):  # type: ignore[misc]
        rows_to_send: bytes | None = None

        def _read_query_result(self, unbuffered: bool = False) -> Any:
            self._result = None
            result = Result(self)
            result.read()
            self._result = result
            if result.server_status is not None:
                self.server_status = result.server_status
            return result.affected_rows

        @contextmanager
        def answering(self, rows: bytes) -> Iterator[None]:
            self.rows_to_send = rows
            try:
                yield
            finally:
                self.rows_to_send = None

        @property
        def said(self) -> bytes:
            return bytes((self._result.message if self._result is not None else b"") or b"")

        def warning_count(self) -> int:
            return int(self._result.warning_count if self._result is not None else 0)

    return LoadingConnection
