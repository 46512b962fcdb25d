"""MySQL and MariaDB as places to write to."""

from __future__ import annotations

from connectors.databases.address import Address
from connectors.databases.database import TableName
from connectors.databases.mysql import table_statements
from connectors.databases.mysql.catalog_of_targets import MysqlTable, described
from connectors.databases.mysql.loading import Session
from connectors.databases.mysql.offender import driver_errors
from connectors.databases.mysql.target_types import native_type
from connectors.databases.mysql.writer import MysqlWriter
from connectors.databases.writing import TableWrite, TargetTable
from connectors.problem import ConnectorProblem
from ir import types as t


class MysqlTarget:
    """Tables of MySQL and MariaDB."""

    dialect = "mysql"

    def describe_target(self, address: Address, table: TableName) -> MysqlTable | None:
        try:
            session = Session(address, database=table.schema)
        except driver_errors() as error:
            raise ConnectorProblem("IR639", f"cannot connect to {address.shown}: {error.args[-1]}",
                                   key=("credentials_ref",)) from None  # fmt: skip
        try:
            return described(session, table)
        except driver_errors() as error:
            raise ConnectorProblem("IR639", f"the table {table.shown} cannot be looked up: {error.args[-1]}",
                                   key=("table",)) from None  # fmt: skip
        finally:
            session.close()

    def can_name(self, name: str) -> bool:
        return 0 < len(name) <= 64 and not name.endswith(" ") and "\0" not in name

    def native_type(self, kind: t.DataType, *, is_key: bool) -> str | None:
        return native_type(kind, is_key=is_key)

    def statements(self, write: TableWrite, target: TargetTable | None) -> list[str]:
        made = [table_statements.creation(write)] if target is None else []
        return [*made, *table_statements.work(write, target).all]

    def open_table(self, address: Address, write: TableWrite, target: TargetTable | None) -> MysqlWriter:
        return MysqlWriter(address, write, target)


TARGET = MysqlTarget()
