"""Rows of a query, or of a table by its columns' values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from connectors.databases.address import Address
from connectors.databases.column import Column
from connectors.databases.database import SqlDatabase, TableName
from connectors.databases.opening import known_column, order_of
from connectors.databases.parameters import statement_of
from connectors.databases.query_inputs import place
from connectors.databases.read_only import read_only
from connectors.databases.registry import sql_database
from connectors.databases.relation import DatabaseRelation
from connectors.problem import ConnectorProblem
from ir import types as t
from ir.model.sorting import SortKey
from transforms import sql

if TYPE_CHECKING:
    import polars as pl
    from sqlglot import exp

PAGE_ROWS = 5_000
Row = dict[str, Any]


def query_relation(address: Address, params: Mapping[str, Any]) -> DatabaseRelation:
    """The rows of `query`, whose :names are the values of `parameters`.

    Raises:
        ConnectorProblem: IR563 to IR569 for the query, IR56x or IR57x for what the database says of it.
    """
    database = sql_database(address.kind)
    tree = read_only(params["query"], database.dialect, values=params.get("parameters") or {})
    if database.dialect == "postgres":
        from connectors.databases.postgres.inferred import with_expected_types

        tree = cast("exp.Query", with_expected_types(address, cast("exp.Expression", tree)))
    places = statement_of(cast("exp.Expression", tree), database.dialect).parameters
    columns = database.describe_query(address, tree, places)
    names = [each.name for each in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConnectorProblem("IR563", f'the query has two columns "{twice}"', key=("database_config", "query"),
                               hint="give one of them another name with as")  # fmt: skip
    return _relation(database, address, tree, "query", columns, limit=params.get("limit"))


def table_relation(address: Address, params: Mapping[str, Any]) -> DatabaseRelation:
    """The rows of `table` whose columns have the values of `where`.

    Raises:
        ConnectorProblem: IR570 for an unknown table, IR521 for an unknown column.
    """
    database = sql_database(address.kind)
    table = TableName.of(params["table"])
    columns = database.describe_table(address, table)
    wanted: Sequence[str] = params.get("columns") or [each.name for each in columns]
    label = f"table {table.shown}"
    conditions = [_condition(known_column(name, columns, label, ("database_config", "where", name)), value,
                             database.dialect)
                  for name, value in (params.get("where") or {}).items()]  # fmt: skip
    keys = [SortKey(field=name, direction="desc" if direction.strip().lower() == "desc" else "asc")
            for name, _, direction in (each.partition(" ") for each in params.get("order_by") or ())]  # fmt: skip
    return _relation(
        database, address, table.expression(), label,
        [known_column(name, columns, label, ("database_config", "columns", index))
         for index, name in enumerate(wanted)],
        scope=tuple(conditions), limit=params.get("limit"), order=tuple(order_of(keys, columns, label, database)),
    )  # fmt: skip


def pages_of(relation: DatabaseRelation) -> Iterator[list[Row]]:
    """The rows as objects, page by page in bounded memory."""
    documents = [each.name for each in relation.columns if isinstance(each.type, t.Json)]
    for frame in relation.frames():
        for start in range(0, frame.height, PAGE_ROWS):
            yield _rows(frame.slice(start, PAGE_ROWS), documents)


def _rows(frame: pl.DataFrame, documents: Sequence[str]) -> list[Row]:
    rows = frame.to_dicts()
    for name in documents:
        for row in rows:
            if row[name] is not None:
                row[name] = json.loads(row[name])
    return rows


def _relation(database: SqlDatabase, address: Address, origin: exp.Table | exp.Query, label: str,
              columns: Sequence[Column], **clauses: Any) -> DatabaseRelation:  # fmt: skip
    return DatabaseRelation(name=label, database=database, address=address, origin=origin, label=label,
                            columns=tuple(columns), batch_rows=PAGE_ROWS, **clauses)  # fmt: skip


def _condition(column: Column, value: Any, dialect: str) -> exp.Expression:
    from sqlglot import exp

    named = sql.column(column.name)
    if value is None:
        return exp.Is(this=named, expression=exp.null())
    if isinstance(value, list | tuple):
        places = [_typed(each, column, dialect) for each in value]
        return exp.In(this=named, expressions=places) if places else exp.false()
    return exp.EQ(this=named, expression=_typed(value, column, dialect))


def _typed(value: Any, column: Column, dialect: str) -> exp.Expression:
    """The place of a value that is compared with a column; a text is one of the column's type, such as a day."""
    from sqlglot import exp

    found = place(value, dialect)
    if dialect == "postgres" and isinstance(value, str) and not isinstance(column.type, t.String):
        return exp.Cast(this=found, to=exp.DataType.build(column.native, dialect=dialect))
    return found
