"""A database source, opened: who is asked, for what, and which columns there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from connectors.bad_rows import BadRowRule
from connectors.databases.address import Address
from connectors.databases.column import Column
from connectors.databases.database import SqlDatabase, TableName
from connectors.databases.mongodb.query import Filled, read_query
from connectors.databases.mongodb.relation import MongoRelation
from connectors.databases.newer import Begun, check_cursor, check_limit, new_rows
from connectors.databases.parameters import statement_of
from connectors.databases.query_inputs import QUERY
from connectors.databases.reaching import database_address
from connectors.databases.read_only import read_only
from connectors.databases.registry import sql_database
from connectors.databases.relation import DatabaseRelation
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.model.sorting import SortKey
from ir.model.sources import DatabaseConfig, DatabaseSource
from ir.types import String
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp


def source_address(source: DatabaseSource, *, base: Path, policy: Policy) -> Address:
    """The database of a source.

    Raises:
        ConnectorProblem: IR59x for its secret, IR50x where the policy forbids it.
    """
    config = source.database_config
    assert config is not None
    kind = config.connection.plugin_key if config.connection is not None else source.plugin_key or ""
    reference = (config.connection.credentials_ref if config.connection else None) or source.credentials_ref
    return database_address(kind, reference, source.location, base=base, policy=policy)


def open_database(source: DatabaseSource, *, base: Path, policy: Policy, name: str,
                  filled: Filled | None = None, begun: Begun | None = None,
                  ) -> DatabaseRelation | MongoRelation:  # fmt: skip
    """The relation of a database source; its columns are looked up, no row is read.

    `begun` says where an incremental source starts.

    Raises:
        ConnectorProblem: what forbids or prevents that.
    """
    config = source.database_config
    assert config is not None
    address = source_address(source, base=base, policy=policy)
    if address.kind == "mongodb":
        from connectors.databases.mongodb.opening import open_mongodb

        return open_mongodb(source, address, read_query(config.query, filled), name=name, begun=begun)
    database = sql_database(address.kind)
    origin, label, columns, rows = _origin(config, address, database, filled)
    chosen = _chosen(columns, config.columns, label)
    found = DatabaseRelation(
        name=name, database=database, address=address, origin=origin, label=label, columns=tuple(chosen),
        order=tuple(order_of(config.order_by, columns, label, database)), limit=config.limit, offset=config.offset,
        estimated_rows=rows, warnings=address.warnings,
        rule=BadRowRule.of(source.config.on_bad_row, source.config.max_bad) if source.config else BadRowRule(),
    )  # fmt: skip
    incremental = source.config.incremental if source.config else None
    if incremental is None or begun is None:
        return found
    check_limit(config, incremental.cursor)
    cursor = known_column(incremental.cursor, columns, label, ("config", "incremental", "cursor"))
    check_cursor(cursor)
    return new_rows(found, cursor, *begun(cursor.type))


def _origin(
    config: DatabaseConfig, address: Address, database: SqlDatabase, filled: Filled | None
) -> tuple[exp.Table | exp.Query, str, list[Column], int | None]:
    if config.table is not None:
        table = TableName.of(config.table)
        columns = database.describe_table(address, table)
        return table.expression(), f"table {table.shown}", columns, database.estimated_rows(address, table)
    query = checked_query(config, database.dialect, filled)
    places = statement_of(cast("exp.Expression", query), database.dialect).parameters
    columns = database.describe_query(address, query, places)
    names = [each.name for each in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConnectorProblem("IR563", f'the query has two columns "{twice}"', key=QUERY,
                               hint="give one of them another name with as")  # fmt: skip
    return query, "query", columns, None


def checked_query(config: DatabaseConfig, dialect: str, filled: Filled | None) -> exp.Query:
    """The query of a source, which reads and nothing else; no database is asked."""
    if not isinstance(config.query, str):
        raise ConnectorProblem("IR563", "the query is no text", key=QUERY, hint="write one select")
    return read_only(config.query, dialect, filled)


def _chosen(columns: Sequence[Column], names: Sequence[str] | None, label: str) -> list[Column]:
    """The columns that the source names, in its order."""
    if names is None:
        return list(columns)
    return [
        known_column(name, columns, label, ("database_config", "columns", index)) for index, name in enumerate(names)
    ]


def order_of(
    keys: Sequence[SortKey], columns: Sequence[Column], label: str, database: SqlDatabase
) -> list[exp.Ordered]:
    """The clauses of `order by`; nulls stand where the key says, in every database."""
    found: list[exp.Ordered] = []
    for index, key in enumerate(keys):
        column = known_column(key.field, columns, label, ("database_config", "order_by", index))
        found += _ordered(column, database, descending=key.direction == "desc", nulls_first=key.nulls == "first")
    return found


def _ordered(column: Column, database: SqlDatabase, *, descending: bool, nulls_first: bool) -> list[exp.Ordered]:
    from sqlglot import exp

    value: exp.Expression = sql.column(column.name)
    is_null = exp.Case(ifs=[exp.If(this=exp.Is(this=value.copy(), expression=exp.null()), true=sql.integer(1))],
                       default=sql.integer(0))  # fmt: skip
    nulls = exp.Ordered(this=is_null, desc=nulls_first, nulls_first=False)
    if column.sorts_as is not None:
        value = column.sorts_as.copy()
    elif isinstance(column.type, String):
        value = database.by_code_point(value)
    return [nulls, exp.Ordered(this=value, desc=descending, nulls_first=False)]


def known_column(name: str, columns: Sequence[Column], label: str, key: tuple[str | int, ...]) -> Column:
    found = next((each for each in columns if each.name == name), None)
    if found is None:
        names = [each.name for each in columns]
        raise ConnectorProblem("IR521", f'{label} has no column "{name}"', key=key, hint=did_you_mean(name, names),
                               notes=[f"its columns: {', '.join(names[:12])}" + (", …" if len(names) > 12 else "")],
                               )  # fmt: skip
    return found
