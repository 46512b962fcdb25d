"""The rows of a table or query that are new: past where the last run ended, by a column that grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.databases.column import Column
from connectors.databases.misfits import nulled
from connectors.databases.parameters import bound
from connectors.databases.relation import DatabaseRelation
from connectors.incremental import Start, Watch
from connectors.problem import ConnectorProblem
from ir.model.sources import DatabaseConfig
from ir.types import DataType, String
from transforms import sql
from transforms.expressions import sql_parts

if TYPE_CHECKING:
    from sqlglot import exp

Begun = Callable[[DataType], "tuple[Start | None, Watch]"]
"""Where a source starts whose cursor is of that type, and what watches it."""


def new_rows(relation: DatabaseRelation, cursor: Column, start: Start | None, watch: Watch) -> DatabaseRelation:
    """The relation of the new rows alone. A row without a cursor value is past nothing."""
    scope = relation.scope
    if start is not None:
        value: exp.Expression = sql.column(cursor.name)
        limit: exp.Expression = bound(start.value)
        if cursor.sorts_as is not None:
            value = cursor.sorts_as.copy()
        elif isinstance(cursor.type, String):
            # by code point, as what the run has read is compared
            value = relation.database.by_code_point(cursor.asked.copy() if cursor.asked else value)
            limit = relation.database.by_code_point(limit)
        scope = (*scope, sql_parts.binary(">=" if start.inclusive else ">", value, limit))
    return replace(relation, scope=scope, watch=watch, watched=nulled(cursor))


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
