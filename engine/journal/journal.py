"""The journal: what every run writes down of itself, and what is remembered from one run to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from connectors.problem import ConnectorProblem
from engine.journal.fence import check_fence
from engine.journal.migrations import alone, version_of
from engine.journal.notes import Answer, Execute
from engine.journal.place import LOOKS, journal_url, reading_engine, unusable
from engine.journal.plain import FileNotes
from engine.journal.records import DEFAULT_TENANT, SavedCursor, instant
from engine.journal.sharing import SharedEngine, given_back, taken
from engine.journal.tables import cursors


class Journal:
    """The journal of one tenant, for writing. Every method is one short transaction; several runs may write at once."""

    def __init__(self, *, tenant: str = DEFAULT_TENANT) -> None:
        self.tenant = tenant
        self._url = journal_url()
        self._shared: SharedEngine | None = None
        self._plain: FileNotes | None = None

    def saved_cursors(self, workflow: str) -> list[SavedCursor]:
        """The cursors of a workflow's sources.

        Raises:
            ConnectorProblem: IR596, here and in every method, where the journal cannot be used.
        """
        with self.writing() as connection:
            return _cursors(connection, self.tenant, workflow)

    def save_cursors(self, found: Sequence[SavedCursor], *, unless: Callable[[SavedCursor, SavedCursor], bool]) -> None:
        """Save cursors, all or none; one for which `unless(stored, new)` holds stays as it stands."""
        with self.writing() as connection:
            alone(connection)
            for each in found:
                stored = {one.source: one for one in _cursors(connection, self.tenant, each.workflow)}
                old = stored.get(each.source)
                if old is None or not unless(old, each):
                    replace_row(connection, cursors, {**asdict(each), "tenant": self.tenant, "saved_at": instant()})

    def forget_cursors(self, workflow: str, sources: Sequence[str]) -> None:
        """Let these sources start over."""
        if sources:
            found = (cursors.c.tenant == self.tenant) & (cursors.c.workflow == workflow)
            with self.writing() as connection:
                connection.execute(cursors.delete().where(found & cursors.c.source.in_(sources)))

    def close(self) -> None:
        plain, self._plain = self._plain, None
        if plain is not None:
            plain.close()
        shared, self._shared = self._shared, None
        if shared is not None:
            given_back(shared)

    def _opened(self) -> SharedEngine:
        if self._shared is None:
            shared = taken(self._url)
            try:
                shared.make_ready()
            except BaseException:
                given_back(shared)
                raise
            self._shared = shared
        return self._shared

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *stopped: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction."""
        try:
            shared = self._opened()
            with shared.turn(), shared.engine.begin() as connection:
                check_fence(connection)
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise unusable(self._url, error) from None

    @contextmanager
    def counting(self) -> Iterator[Connection]:
        """One transaction that does no harm where a power cut takes it back: nobody waits for the disk.

        What is written later by `writing` brings it to the disk, too: a power cut never takes back only this. It ends
        whoever uses a file, but not who uses a server, where nothing that was committed is taken back.
        """
        try:
            shared = self._opened()
            with shared.turn(), shared.engine.connect() as connection, _unhurried(connection), connection.begin():
                check_fence(connection)
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise unusable(self._url, error) from None

    def plain(self) -> FileNotes | None:
        """The journal by sqlite3 itself, where it is a file: SQLAlchemy takes longer for a short transaction.

        Raises:
            ConnectorProblem: IR596 where it cannot be used.
        """
        if self._plain is None:
            try:
                url = self._opened().engine.url
            except (SQLAlchemyError, OSError) as error:
                raise unusable(self._url, error) from None
            if url.get_backend_name() == "sqlite" and url.database:
                self._plain = FileNotes.opened(Path(url.database), tenant=self.tenant)
        return self._plain

    @contextmanager
    def noting(self, *, may_be_lost: bool = False) -> Iterator[Execute]:
        """One transaction of statements in plain text: see engine.journal.notes."""
        with self.counting() if may_be_lost else self.writing() as connection:
            mark = "?" if connection.dialect.name == "sqlite" else "%s"

            def execute(statement: str, values: Sequence[object]) -> Answer:
                return connection.exec_driver_sql(statement.replace("?", mark), tuple(values))

            yield execute

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection, for many short transactions of one after the other."""
        try:
            with self._opened().engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise unusable(self._url, error) from None

    @contextmanager
    def at_once(self, connection: Connection) -> Iterator[None]:
        """One transaction on a connection of `connected`, in its turn."""
        with self._opened().turn(), connection.begin():
            yield

    def unusable(self, error: Exception) -> ConnectorProblem:
        """What to say of an error of a connection of `connected`."""
        return unusable(self._url, error)

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection for a look that waits for no writer, of a journal that this object has written to."""
        try:
            engine = self._opened().engine
            option = {LOOKS: True} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
            with engine.connect().execution_options(**option) as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise unusable(self._url, error) from None


def look_up_cursors(workflow: str, *, tenant: str = DEFAULT_TENANT) -> list[SavedCursor]:
    """The cursors of a workflow's sources, read without changing anything: none where no run has saved any.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be read.
    """
    url = journal_url()
    try:
        engine = reading_engine(url)
        if engine is None:
            return []
        with engine.connect() as connection:
            return (
                _cursors(connection, tenant, workflow) if version_of(connection) >= 1 else []
            )  # its table is of the first
    except (SQLAlchemyError, OSError) as error:
        raise unusable(url, error) from None


def _cursors(connection: Connection, tenant: str, workflow: str) -> list[SavedCursor]:
    asked = select(cursors).where((cursors.c.tenant == tenant) & (cursors.c.workflow == workflow))
    return [
        SavedCursor(**{name: value for name, value in row.items() if name != "tenant"})
        for row in connection.execute(asked.order_by(cursors.c.source)).mappings()
    ]


def replace_row(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Write the row, in place of the one with its key where there is one."""
    connection.execute(_replacing(connection.dialect.name, table, tuple(row)), row)


def insert_new(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Write the row, unless one with a key of its own stands; whether it was written."""
    return connection.execute(_adding(connection.dialect.name, table), row).first() is not None


def insert_many(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows, but those with a key of one that stands."""
    connection.execute(_adding_many(connection.dialect.name, table), list(rows))


def insert_many_new(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], *,
                    told: Sequence[str]) -> list[tuple[Any, ...]]:  # fmt: skip
    """Write the rows, but those with a key of one that stands; told are these columns of the rows that are new."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    one = f"({', '.join([mark] * len(columns))})"
    found: list[tuple[Any, ...]] = []
    at = 0
    while at < len(rows):
        # counts that are powers of two, so that the driver meets few statements and keeps them prepared
        count = min(1 << ((len(rows) - at).bit_length() - 1), _MOST_ROWS)
        text = (
            f"insert into {table.name} ({', '.join(columns)}) values {', '.join([one] * count)} "
            f"on conflict do nothing returning {', '.join(told)}"
        )
        values = tuple(value for row in rows[at : at + count] for value in row)
        found += [tuple(row) for row in connection.exec_driver_sql(text, values)]
        at += count
    return found


_MOST_ROWS = 256


# A statement that is made once knows its compiled text: to make it and find that takes longer than SQLite does.
@cache
def _replacing(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    insert = _insert(dialect, table)
    key = [column.name for column in table.primary_key.columns]
    changes = {name: insert.excluded[name] for name in names if name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=changes)


@cache
def _adding(dialect: str, table: Table) -> Any:
    """Gives the key back of what was written: the count of rows is not known of inserts on PostgreSQL."""
    return _insert(dialect, table).on_conflict_do_nothing().returning(*table.primary_key.columns)


@cache
def _adding_many(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


def _insert(dialect: str, table: Table) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # a fifth of what SQLAlchemy costs to import

        return postgresql.insert(table)
    return sqlite.insert(table)


@contextmanager
def _unhurried(connection: Connection) -> Iterator[None]:
    """In the block transactions on a SQLite file in WAL mode reach the disk together with later ones."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or driver.execute("pragma journal_mode").fetchone()[0] != "wal":
        yield
        return
    driver.execute("pragma synchronous = normal")
    try:
        yield
    finally:
        driver.execute("pragma synchronous = full")
