"""What a MySQL or MariaDB server says of its tables and of the results of queries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connectors.databases.column import Column
from connectors.databases.database import TableName
from connectors.databases.mysql.types import Native, column
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean

_COLUMNS = """\
select column_name, data_type, column_type, numeric_precision, numeric_scale, is_nullable, collation_name
from information_schema.columns where table_schema = coalesce(%s, database()) and table_name = %s
order by ordinal_position"""
_CHECKS = """\
select check_clause from information_schema.check_constraints
where constraint_schema = coalesce(%s, database()) and table_name = %s and check_clause like 'json_valid(%%'"""
_TABLES = "select table_name from information_schema.tables where table_schema = coalesce(%s, database())"
_ROWS = """\
select table_rows from information_schema.tables
where table_schema = coalesce(%s, database()) and table_name = %s"""

_CODES = {
    0: "decimal", 246: "decimal", 1: "tinyint", 2: "smallint", 3: "int", 9: "mediumint", 8: "bigint", 4: "float",
    5: "double", 7: "timestamp", 10: "date", 14: "date", 11: "time", 12: "datetime", 13: "year", 16: "bit",
    245: "json", 255: "geometry",
}  # fmt: skip
"""The protocol's codes of types, less those of texts and bytes."""
_ENUM, _SET, _UNSIGNED = 0x100, 0x800, 0x20
_BINARY = 63
"""The character set of bytes."""


def table_columns(cursor: Any, table: TableName, *, shown: str) -> list[Column]:
    """The columns of a table or view in their order.

    Raises:
        ConnectorProblem: IR570, there is no such table, or this user may not see it.
    """
    cursor.execute(_COLUMNS, [table.schema, table.name])
    rows = cursor.fetchall()
    if not rows:
        cursor.execute(_TABLES, [table.schema])
        names = [row[0] for row in cursor.fetchall()]
        if table.name in names:  # a view that is broken: the server says how
            cursor.execute(f"select * from {table.expression().sql('mysql')} limit 0")
        raise ConnectorProblem(
            "IR570", f"there is no table {table.shown} in {shown}, or this user may not see it",
            key=("database_config", "table"), hint=did_you_mean(table.name, names),
        )  # fmt: skip
    documents = _json_columns(cursor, table) if any(row[1].lower() == "longtext" for row in rows) else frozenset()
    return [
        replace(
            column(
                name, _native(kind, shown_type, precision, scale, is_json=name in documents), not_null=nullable == "NO"
            ),
            collation=collation,
        )
        for name, kind, shown_type, precision, scale, nullable, collation in rows
    ]


def estimated_rows(cursor: Any, table: TableName) -> int | None:
    cursor.execute(_ROWS, [table.schema, table.name])
    found = cursor.fetchone()
    return int(found[0]) if found and found[0] is not None else None


def result_columns(cursor: Any) -> list[Column]:
    """The columns of the statement that the cursor ran, by the protocol's description of it."""
    fields: Sequence[Any] = cursor._result.fields
    return [column(each.name, _native_of_field(each)) for each in fields]


def _native(kind: str, shown: str, precision: int | None, scale: int | None, *, is_json: bool) -> Native:
    word = kind.lower()
    return Native(
        word=word, shown="json" if is_json else shown, precision=precision or 0, scale=scale or 0,
        is_unsigned="unsigned" in shown.lower(),
        is_flag=bool(re.match(r"(tinyint|bit)\(1\)", shown.lower())), is_json=is_json,
    )  # fmt: skip


def _native_of_field(field: Any) -> Native:
    is_unsigned = bool(field.flags & _UNSIGNED)
    word = _CODES.get(field.type_code)
    if word is None:
        return Native(word=_text_word(field), shown=_text_word(field))
    precision, scale = 0, 0
    if word == "decimal":
        # the length counts the digits, a sign and a point
        scale = field.scale
        precision = field.length - (scale > 0) - (not is_unsigned)
        return Native(word=word, shown=f"decimal({precision},{scale})", precision=precision, scale=scale)
    if word == "bit":
        precision = field.length
    is_flag = word in {"tinyint", "bit"} and field.length == 1
    shown = f"{word}({field.length})" if is_flag or word == "bit" else word
    return Native(word=word, shown=shown + (" unsigned" if is_unsigned else ""), precision=precision,
                  is_unsigned=is_unsigned, is_flag=is_flag)  # fmt: skip


def _text_word(field: Any) -> str:
    if field.flags & _ENUM:
        return "enum"
    if field.flags & _SET:
        return "set"
    return "blob" if field.charsetnr == _BINARY and field.type_code != 6 else "text"


def _json_columns(cursor: Any, table: TableName) -> frozenset[str]:
    """The columns that MariaDB keeps as texts with a check that they are JSON."""
    import pymysql

    try:
        cursor.execute(_CHECKS, [table.schema, table.name])
    except pymysql.err.Error:  # MySQL has a type for them, and no tables' names there
        return frozenset()
    found = (re.fullmatch(r"json_valid\(`(.+)`\)", row[0], re.IGNORECASE) for row in cursor.fetchall())
    return frozenset(match[1].replace("``", "`") for match in found if match)
