"""The rows of a table or query that are new: past where the last run ended, by a column that grows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.databases.column import Column
from connectors.databases.misfits import nulled
from connectors.databases.parameters import bound
from connectors.databases.relation import DatabaseRelation
from connectors.databases.sqlite.bounds import may_be_past
from connectors.incremental import Start, Watch
from connectors.problem import ConnectorProblem
from ir.model.sources import DatabaseConfig
from ir.types import DataType, String
from transforms import sql
from transforms.expressions import sql_parts

if TYPE_CHECKING:
    from sqlglot import exp

_NO_TEXT = re.compile(r"numeric|decimal|money|interval|bytea|blob|binary|varbinary|bit|inet|cidr", re.IGNORECASE)
"""Native types that are texts here, and ordered as something else there."""
Begun = Callable[[DataType], "tuple[Start | None, Watch]"]
"""Where a source starts whose cursor is of that type, and what watches it."""


def new_rows(relation: DatabaseRelation, cursor: Column, start: Start | None, watch: Watch) -> DatabaseRelation:
    """The relation of the new rows alone. A row without a cursor value is past nothing."""
    scope, past = relation.scope, None
    is_loose = relation.database.dialect == "sqlite" and not _is_compared(cursor)
    if is_loose and relation.limit is not None:
        raise ConnectorProblem(
            "IR597", f"a limit needs a cursor that SQLite orders, and {cursor.name} is {cursor.native}",
            key=("database_config", "limit"), hint="leave it out",
        )  # fmt: skip
    if start is not None and is_loose:
        scope, past = (*scope, may_be_past(cursor.name, start.value)), start
    elif start is not None:
        value: exp.Expression = sql.column(cursor.name)
        limit: exp.Expression = bound(start.value)
        if cursor.sorts_as is not None:
            value = cursor.sorts_as.copy()
        elif isinstance(cursor.type, String):
            # by code point, as what the run has read is compared
            value = relation.database.by_code_point(cursor.asked.copy() if cursor.asked else value)
            limit = relation.database.by_code_point(limit)
        scope = (*scope, sql_parts.binary(">=" if start.inclusive else ">", value, limit))
    return replace(relation, scope=scope, watch=watch, watched=nulled(cursor), past=past)


def check_cursor(cursor: Column) -> None:
    """Refuse a column that is a text here, and nothing that is ordered as one in the database.

    Raises:
        ConnectorProblem: IR597.
    """
    if isinstance(cursor.type, String) and (cursor.taken is not None or _NO_TEXT.match(cursor.native)):
        raise ConnectorProblem(
            "IR597", f"{cursor.name} is {cursor.native}, which no cursor can follow",
            key=("config", "incremental", "cursor"), hint="a cursor is a number, a date, a datetime or a text",
        )  # fmt: skip


def _is_compared(column: Column) -> bool:
    """Whether the database compares the column's values as we do."""
    return column.exact or isinstance(column.type, String)


def check_limit(config: DatabaseConfig, cursor: str) -> None:
    """Refuse to cut off rows that no later run would read.

    Raises:
        ConnectorProblem: IR597.
    """
    if config.offset:
        raise ConnectorProblem("IR597", "an offset passes over new rows in every run",
                               key=("database_config", "offset"), hint="leave it out")  # fmt: skip
    if config.limit is None:
        return
    first = config.order_by[0] if config.order_by else None
    if first is None or (first.field, first.direction) != (cursor, "asc"):
        raise ConnectorProblem(
            "IR597", f"the rows that this limit cuts off would never be read: they are not the last by {cursor}",
            key=("database_config", "limit"), hint=f"write order_by: [{cursor}], or leave the limit out",
        )  # fmt: skip
    if config.columns is not None and cursor not in config.columns:
        raise ConnectorProblem("IR597", f"with a limit, {cursor} has to be read", key=("database_config", "columns"),
                               hint=f"add {cursor} to columns")  # fmt: skip
