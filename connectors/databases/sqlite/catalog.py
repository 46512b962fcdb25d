"""What a SQLite file says of its tables, and of the columns of a query."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from connectors.databases.address import Address
from connectors.databases.column import Column
from connectors.databases.database import TableName
from connectors.databases.parameters import statement_of
from connectors.databases.sqlite.canonical import bindings
from connectors.databases.sqlite.types import column, is_told, sampled_column
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

_COLUMNS = 'select name, type, "notnull", pk from pragma_table_xinfo(?) where hidden <> 1 order by cid'
_VIEW = "weirflow: described"
_SAMPLE_ROWS = 10_000
"""So many rows are looked at for the kinds of values in a column whose type says nothing."""


def table_columns(connection: sqlite3.Connection, address: Address, table: TableName) -> list[Column]:
    """The columns of a table or view in their order.

    Raises:
        ConnectorProblem: IR570, there is no such table.
    """
    key = ("database_config", "table")
    if table.schema is not None and table.schema.lower() != "main":
        raise ConnectorProblem("IR570", f"a SQLite file has no schema {table.schema}", key=key,
                               hint=f'write table: {table.name}, or with a point in its name \'"{table.shown}"\'',
                               )  # fmt: skip
    rows = connection.execute(_COLUMNS, [table.name]).fetchall()
    if not rows:
        found = connection.execute("select name from sqlite_master where type in ('table', 'view')").fetchall()
        raise ConnectorProblem("IR570", f"{address.shown} has no table {table.name}", key=key,
                               hint=did_you_mean(table.name, [each[0] for each in found]))  # fmt: skip
    origin = TableName(name=table.name).expression()
    return _columns(connection, rows, origin, is_strict=_is_strict(connection, table.name))


def query_columns(connection: sqlite3.Connection, query: exp.Query, parameters: Sequence[Any]) -> list[Column]:
    """The columns of a query: those it takes from a table have that table's types."""
    from sqlglot import exp

    # a view has the types of the columns it shows, and no parameters
    bare = query.copy().transform(lambda node: exp.null() if isinstance(node, exp.Placeholder) else node)
    connection.execute(f'create temp view "{_VIEW}" as {bare.sql("sqlite", comments=False)}')
    rows = connection.execute(_COLUMNS, [_VIEW]).fetchall()
    return _columns(connection, rows, query, is_strict=False, parameters=parameters)


def estimated_rows(connection: sqlite3.Connection, table: TableName) -> int | None:
    """The largest row id, which is found at once; a table or view without one tells nothing."""
    quoted = table.name.replace('"', '""')
    found = None
    with suppress(sqlite3.OperationalError):
        found = connection.execute(f'select max(rowid) from "{quoted}"').fetchone()
    return found[0] if found and isinstance(found[0], int) else None


def _columns(connection: sqlite3.Connection, rows: Sequence[Any], origin: exp.Table | exp.Query, *, is_strict: bool,
             parameters: Sequence[Any] = ()) -> list[Column]:  # fmt: skip
    unknown = [name for name, declared, *_ in rows if not is_told(declared)]
    kinds = _kinds(connection, unknown, origin, parameters) if unknown else {}
    keys = sum(pk > 0 for *_, pk in rows)
    columns = []
    for name, declared, required, pk in rows:
        if name in kinds:
            columns.append(sampled_column(name, declared, kinds[name], not_null=bool(required)))
            continue
        # the one key that is an integer is the row's id, of which SQLite itself sees to it that it is one
        is_row_id = pk == 1 and keys == 1 and declared.upper() == "INTEGER"
        columns.append(column(name, declared, not_null=bool(required) or is_row_id, is_kept=is_strict or is_row_id))
    return columns


def _kinds(connection: sqlite3.Connection, names: Sequence[str], origin: exp.Table | exp.Query,
           parameters: Sequence[Any]) -> dict[str, frozenset[str]]:  # fmt: skip
    """The storage classes in the first rows of the columns."""
    from sqlglot import exp

    limited = sql.select(sql.columns(names), cast("exp.Expression", origin.copy())).limit(_SAMPLE_ROWS, copy=False)
    kinds = [sql.call("GROUP_CONCAT", exp.Distinct(expressions=[sql.call("TYPEOF", sql.column(each))]))
             for each in names]  # fmt: skip
    statement = statement_of(sql.select(kinds, limited), "sqlite")
    found = connection.execute(statement.sql, bindings(statement.parameters or parameters)).fetchone()
    return {name: frozenset((told or "").split(",")) - {"null", ""} for name, told in zip(names, found, strict=True)}


def _is_strict(connection: sqlite3.Connection, table: str) -> bool:
    with suppress(sqlite3.OperationalError):  # older ones have no such tables
        found = connection.execute("select strict from pragma_table_list(?) where schema = 'main'", [table]).fetchone()
        return bool(found and found[0])
    return False
