"""What MySQL and MariaDB said of a delivery, in our words: which constraint or column, and which row offends first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.databases.mysql import table_statements as statements
from connectors.databases.mysql.catalog_of_targets import index_columns
from connectors.databases.refusals import denied, failed, misfit, no_table, violated
from connectors.databases.writing import TableWrite
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from connectors.databases.mysql.writer import MysqlWriter

Key = dict[str, Any]

_DENIED = frozenset({1044, 1142, 1143, 1227, 1370})
_REFUSED = frozenset({1045, 1698, 3118, 4151})
_UNREACHED = frozenset({2002, 2003, 2005, 1040, 1049, 1046})
_LOST = frozenset({0, 1053, 1077, 1152, 1159, 1161, 1927, 2006, 2013, 2055})
_FULL = frozenset({1021, 1026, 1030, 1114})
_READ_ONLY = frozenset({1290, 1792, 1836})
_DUPLICATES = frozenset({1062, 1586})
_NO_PARENT, _HAS_CHILDREN = frozenset({1216, 1452}), frozenset({1217, 1451})
_CHECKS = frozenset({3819, 4025})
_TOO_LONG, _OUT_OF_RANGE, _TRUNCATED = frozenset({1406}), frozenset({1264, 1690}), frozenset({1265})
_VERBS = {"insert": "insert into", "upsert": "insert into and update", "update": "update", "delete": "delete from"}
_PARENTS = """select table_schema, table_name, column_name, referenced_table_schema, referenced_table_name,
    referenced_column_name from information_schema.key_column_usage
where constraint_schema = coalesce(%s, database()) and constraint_name = %s and referenced_table_name is not null
order by ordinal_position"""
_CLAUSE = """select check_clause from information_schema.check_constraints
where constraint_schema = coalesce(%s, database()) and constraint_name = %s"""
_CLAUSE_OF_TABLE = f"{_CLAUSE} and table_name = %s"


def driver_errors() -> tuple[type[Exception], ...]:
    """What the driver and the network raise."""
    import pymysql

    return (pymysql.err.Error, OSError)


def number_of(error: Exception) -> int:
    """The server's number of an error; 0 where it has none, as when the connection is gone."""
    return int(error.args[0]) if error.args and isinstance(error.args[0], int) else 0


def misfit_of(number: int, said: str, write: TableWrite, natives: Mapping[str, str], row: Mapping[str, Any] | None,
              ) -> ConnectorProblem:  # fmt: skip
    """The problem of a value that its column cannot hold, from what the server remarked on a row."""
    place = re.search(r"for column (.+?) at row \d+$", said)
    column = re.split(r"`\.`", place[1])[-1].strip("`'\"") if place is not None else ""
    if column not in natives:
        return failed(write, said, hint="cut, round or drop such values before")
    native = natives[column]
    key = {name: row[name] for name in write.keys} if row is not None and write.keys else None
    return misfit(write, column, native, _why(number, native.lower()), key=key, shown=row[column] if row else None)


def _why(number: int, native: str) -> str:
    word = native.partition("(")[0]
    if number in _OUT_OF_RANGE:
        return "out of range"
    if word in {"enum", "set"}:
        return "none of its words"
    if number in _TOO_LONG or (number in _TRUNCATED and ("char" in word or "text" in word or "blob" in word)):
        return "too long"
    if number in _TRUNCATED and word == "decimal":
        return "too exact"
    return "not understood"


def explained(error: Exception, writer: MysqlWriter) -> ConnectorProblem:
    """The problem that an error is."""
    write, number = writer.write, number_of(error)
    said = str(error.args[-1]) if error.args else type(error).__name__
    if number in _DUPLICATES:
        return _duplicate(said, writer)
    if number in _NO_PARENT | _HAS_CHILDREN:
        return _broken_reference(said, writer, has_children=number in _HAS_CHILDREN)
    if number in _CHECKS:
        return _check(said, writer)
    if number in {1048, 1364}:
        return _missing(said, writer)
    if number in _REFUSED:
        return failed(write, f"{writer.address.shown} refuses the user or password of the credential")
    if number in _DENIED:
        return denied(write, _verb(said, write))
    if number == 1146:
        return no_table(write)
    if number in _UNREACHED:
        return failed(write, f"{writer.address.shown} cannot be reached: {said}", hint="check the credential",
                      reason="network_error")  # fmt: skip
    if number in {1205, 1213}:
        return failed(write, "another transaction holds a lock on its rows", hint="run again when that one has ended",
                      reason="temporary_failure")  # fmt: skip
    if number in _FULL:
        return failed(write, f"the disk of {writer.address.shown} is full: {said}", hint="make room there")
    if number in _READ_ONLY:
        return failed(write, f"{writer.address.shown} takes no changes: {said}")
    if number in _LOST or isinstance(error, OSError):
        return failed(write, f"the connection to {writer.address.shown} broke: {said}",
                      hint="run again when the server answers", reason="network_error")  # fmt: skip
    return failed(write, said)


def _verb(said: str, write: TableWrite) -> str:
    command = said.partition(" command denied")[0].lower()
    if command in {"insert", "update", "delete", "select"}:
        return {"insert": "insert into", "delete": "delete from", "select": "read"}.get(command, command)
    if "create" in command:
        return "create the table"
    return "make a temporary table for rows on their way to" if "Access denied" in said else _VERBS[write.action]


def _duplicate(said: str, writer: MysqlWriter) -> ConnectorProblem:
    write = writer.write
    found = re.search(r"for key '(.+)'$", said)
    index = found[1].rpartition(".")[2] if found else ""
    columns = _asked(lambda: index_columns(writer.session, write.table, index)) or []
    if write.action == "insert" and write.keys and set(columns) == set(write.keys):
        writer.refuse_existing()
    key = _first(writer, _meeting(writer, columns)) if columns else None
    return violated(write, "unique", constraint=index or None, column=", ".join(columns) or None, said=said, key=key)


def _meeting(writer: MysqlWriter, columns: list[str]) -> str:
    """Staged rows that have the values of another row of the table."""
    write = writer.write
    if not set(columns) <= set(write.columns):
        return ""
    same = " and ".join(f"t.{statements.quoted(name)} = s.{statements.quoted(name)}" for name in columns)
    keys = statements.listed(write.keys, "s")
    other = " or ".join(f"t.{statements.quoted(name)} <> s.{statements.quoted(name)}" for name in write.keys)
    return (f"select {keys} from {writer.rows} as s join {statements.table_of(write.table)} as t on {same} "
            f"where {other or 'true'} limit 1")  # fmt: skip


def _broken_reference(said: str, writer: MysqlWriter, *, has_children: bool) -> ConnectorProblem:
    found = re.search(r"CONSTRAINT `((?:[^`]|``)+)`", said)
    name = found[1].replace("``", "`") if found else None
    usage = _asked(lambda: writer.session.rows(_PARENTS, (writer.write.table.schema, name))) if name else None
    key = None
    if usage:
        key = _first(writer, _with_children(writer, usage) if has_children else _orphans(writer, usage))
    return violated(writer.write, "foreign key", constraint=name, key=key,
                    column=None if has_children or not usage else ", ".join(row[2] for row in usage))  # fmt: skip


def _orphans(writer: MysqlWriter, usage: list[tuple[Any, ...]]) -> str:
    columns, (schema, parent) = [row[2] for row in usage], usage[0][3:5]
    if not set(columns) <= set(writer.write.columns):
        return ""
    same = " and ".join(f"p.{statements.quoted(row[5])} = s.{statements.quoted(row[2])}" for row in usage)
    given = " and ".join(f"s.{statements.quoted(name)} is not null" for name in columns)
    table = f"{statements.quoted(schema)}.{statements.quoted(parent)}"
    return (f"select {statements.listed(writer.write.keys, 's')} from {writer.rows} as s where {given} and not exists "
            f"(select 1 from {table} as p where {same}) limit 1")  # fmt: skip


def _with_children(writer: MysqlWriter, usage: list[tuple[Any, ...]]) -> str:
    write, (schema, child) = writer.write, usage[0][:2]
    own = " and ".join(f"t.{statements.quoted(name)} = s.{statements.quoted(name)}" for name in write.keys)
    same = " and ".join(f"c.{statements.quoted(row[2])} = t.{statements.quoted(row[5])}" for row in usage)
    return (f"select {statements.listed(write.keys, 's')} from {writer.rows} as s "
            f"join {statements.table_of(write.table)} as t on {own} "
            f"join {statements.quoted(schema)}.{statements.quoted(child)} as c on {same} limit 1")  # fmt: skip


def _check(said: str, writer: MysqlWriter) -> ConnectorProblem:
    """MariaDB says CONSTRAINT `name` failed, MySQL Check constraint 'name' is violated; MariaDB's json columns have one
    of their own, called table.column."""
    write = writer.write
    found = re.search(r"[`']([^`']+)[`'] (?:failed|is violated)", said)
    name = found[1] if found else ""
    column = name.rpartition(".")[2]
    target = writer.target.column(column) if writer.target is not None else None
    is_made = writer.target is None and column in write.columns
    if (target is not None and target.native == "json") or is_made:
        quoted = statements.quoted(column)
        row = _found(writer, f"select {statements.listed([*write.keys, column])} from {writer.rows} "
                             f"where not json_valid({quoted}) limit 1")  # fmt: skip
        key = dict(zip(write.keys, row, strict=False)) if row and write.keys else None
        return misfit(write, column, "json", "no JSON", key=key, shown=row[-1] if row else None)
    place = (write.table.schema, name.rpartition(".")[2])  # MariaDB names the check of a column table.column
    clause = _asked(lambda: writer.session.row(_CLAUSE_OF_TABLE, (*place, write.table.name)))
    clause = clause or _asked(lambda: writer.session.row(_CLAUSE, place))  # MySQL's names are a schema's own
    key = _first(writer, f"select {statements.listed(write.keys)} from {writer.rows} where not ({clause[0]}) limit 1"
                 if clause else "")  # fmt: skip
    return violated(write, "check", constraint=name or None, key=key)


def _missing(said: str, writer: MysqlWriter) -> ConnectorProblem:
    """Column 'c' cannot be null, and Field 'c' doesn't have a default value."""
    found = re.search(r"'(.+)'", said)
    column = found[1] if found else ""
    key = None
    if column in writer.write.columns:
        key = _first(writer, f"select {statements.listed(writer.write.keys)} from {writer.rows} "
                             f"where {statements.quoted(column)} is null limit 1")  # fmt: skip
    return violated(writer.write, "not null", column=column or None, said=said, key=key)


def _first(writer: MysqlWriter, query: str) -> Key | None:
    """The key that a query gives; None without keys, or where the query cannot be answered."""
    if not query or not writer.write.keys:
        return None
    found = _found(writer, query)
    return dict(zip(writer.write.keys, found, strict=True)) if found is not None else None


def _found(writer: MysqlWriter, query: str) -> tuple[Any, ...] | None:
    return _asked(lambda: writer.session.row(query)) if query else None


def _asked(query: Any) -> Any:
    """The answer to a question that only makes a problem clearer; None where it cannot be had."""
    try:
        return query()
    except driver_errors():
        return None
