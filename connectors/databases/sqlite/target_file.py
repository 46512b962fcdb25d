"""The file that is written to, opened, and what its catalog says of a table."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from connectors.databases.address import Address
from connectors.databases.database import TableName
from connectors.databases.sqlite.stage import quoted
from connectors.databases.sqlite.target_types import target_type
from connectors.databases.writing import TargetColumn, TargetTable
from connectors.problem import ConnectorProblem

LOCK_PATIENCE_S = 60
_COLUMNS = 'select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?, ?) order by cid'
_UNIQUE = """select name from pragma_index_list(?, ?) where "unique" and not partial"""
_INDEXED = "select name, coll from pragma_index_xinfo(?, ?) where key"
_MAIN = "main"


def opened(address: Address, *, create: bool, patience_s: float) -> sqlite3.Connection:
    """A connection that leaves transactions to its user; others' locks are waited for so long."""
    assert address.path is not None
    mode = "rwc" if create else "rw"
    return sqlite3.connect(f"{address.path.absolute().as_uri()}?mode={mode}", uri=True, timeout=patience_s,
                           isolation_level=None)  # fmt: skip


def described(address: Address, table: TableName) -> TargetTable | None:
    """The table, None where there is none or no file yet.

    Raises:
        ConnectorProblem: IR630 for a view, IR639 for a file that is no database.
    """
    assert address.path is not None
    if not address.path.exists():
        return None
    try:
        with closing(opened(address, create=False, patience_s=10)) as connection:
            return _described(connection, table)
    except sqlite3.Error as error:
        raise ConnectorProblem("IR639", f"the table {table.shown} of {address.shown} cannot be looked up: {error}",
                               key=("path",)) from None  # fmt: skip


def _described(connection: sqlite3.Connection, table: TableName) -> TargetTable | None:
    if (table.schema or _MAIN).lower() != _MAIN:
        raise ConnectorProblem("IR630", f"a SQLite file has no schema {table.schema}", key=("table",),
                               hint=f"write table: {table.name}; a name with a point stands in double quotes",
                               )  # fmt: skip
    kind = connection.execute("select type from main.sqlite_master where lower(name) = lower(?) "
                              "and type in ('table', 'view')", [table.name]).fetchone()  # fmt: skip
    if kind is None:
        return None
    if kind[0] == "view":
        raise ConnectorProblem("IR630", f"{table.shown} is a view, which takes no rows", key=("table",))
    rows = connection.execute(_COLUMNS, [table.name, _MAIN]).fetchall()
    return TargetTable(columns=tuple(_column(*row) for row in rows), unique=tuple(_unique(connection, table, rows)))


def _column(name: str, native: str, required: int, default: str | None, place: int, hidden: int) -> TargetColumn:
    kind, also = target_type(native)
    # an integer that is the primary key by itself is the number of the row, which SQLite gives where there is none
    numbers = native.upper() == "INTEGER" and place == 1
    return TargetColumn(name=name, native=native, type=kind, also=also, not_null=bool(required),
                        has_default=default is not None or numbers, generated=hidden in {2, 3})  # fmt: skip


def _unique(connection: sqlite3.Connection, table: TableName, rows: Sequence[Any]) -> list[frozenset[str]]:
    found = [frozenset(row[0] for row in rows if row[4])]
    for (index,) in connection.execute(_UNIQUE, [table.name, _MAIN]).fetchall():
        columns = connection.execute(_INDEXED, [index, _MAIN]).fetchall()
        names = [name for name, _ in columns]
        if None in names:  # an expression
            continue
        own = _collations(connection, table, names)
        if all(own[name] == collation for name, collation in columns):
            found.append(frozenset(names))
    return [each for each in dict.fromkeys(found) if each]


def collations(address: Address, table: TableName, names: Sequence[str]) -> dict[str, str]:
    """How texts in these columns are compared."""
    with closing(opened(address, create=False, patience_s=10)) as connection:
        return _collations(connection, table, names)


def _collations(connection: sqlite3.Connection, table: TableName, names: Sequence[str]) -> dict[str, str]:
    """The catalog does not tell, but a comparison does."""
    found: dict[str, str] = {}
    for name in names:
        ignores_case, ignores_spaces = connection.execute(
            f"select k = 'A', k = 'a ' from (select {quoted(name)} as k from main.{quoted(table.name)} where false "
            "union all select 'a')"
        ).fetchone()
        found[name] = "NOCASE" if ignores_case else "RTRIM" if ignores_spaces else "BINARY"
    return found
