"""SQLite files as places to write to."""

from __future__ import annotations

from connectors.databases.address import Address
from connectors.databases.database import TableName
from connectors.databases.sqlite.table_statements import shown_statements
from connectors.databases.sqlite.target_file import described
from connectors.databases.sqlite.target_types import native_type
from connectors.databases.sqlite.writer import SqliteWriter
from connectors.databases.writing import TableWrite, TargetTable
from ir import types as t


class SqliteTarget:
    """Tables of a SQLite file."""

    dialect = "sqlite"

    def describe_target(self, address: Address, table: TableName) -> TargetTable | None:
        return described(address, table)

    def can_name(self, name: str) -> bool:
        return "\0" not in name

    def native_type(self, kind: t.DataType, *, is_key: bool) -> str | None:
        return native_type(kind)

    def statements(self, write: TableWrite, target: TargetTable | None) -> list[str]:
        return shown_statements(write, target)

    def open_table(self, address: Address, write: TableWrite, target: TargetTable | None) -> SqliteWriter:
        return SqliteWriter(address, write, target)


TARGET = SqliteTarget()
