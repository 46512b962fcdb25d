"""Rows of a call as a frame that the table takes: each value is one of its column's type, or is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from connectors.databases.database import TableName
from connectors.databases.writing import TargetColumn, TargetTable
from connectors.problem import ConnectorProblem
from connectors.values import convert, infer_value_type, text_of
from ir import types as t
from ir.types import Schema
from transforms.dtypes import polars_dtype

Row = Mapping[str, Any]


def frame_of(rows: Sequence[Row], table: TableName, target: TargetTable) -> tuple[pl.DataFrame, Schema]:
    """The rows, and the types of their columns. What the table has no column for keeps the type of its values.

    Raises:
        ConnectorProblem: IR531 for rows with different columns, IR637 for a value that does not fit its column.
    """
    names = _names(rows)
    kinds = {name: _kind(target.column(name), [row[name] for row in rows], name) for name in names}
    series = []
    for name, kind in kinds.items():
        values = []
        for index, row in enumerate(rows):
            try:
                values.append(convert(text_of(row[name]) if isinstance(kind, t.String) else row[name], kind))
            except ValueError as error:
                column = target.column(name)
                native = f" ({column.native})" if column is not None else ""
                raise ConnectorProblem(
                    "IR637", f"row {index + 1}: {error}: the column {name}{native} of {table.shown} cannot hold it; "
                    "nothing is written", key=("rows", index, name),
                ) from error  # fmt: skip
        series.append(pl.Series(name, values, dtype=polars_dtype(kind), strict=True))
    return pl.DataFrame(series), Schema(kinds)


def _names(rows: Sequence[Row]) -> list[str]:
    """The columns, the same of all rows: what one of them lacks would be set to null in its place."""
    names = list(rows[0])
    for index, row in enumerate(rows):
        if row.keys() != rows[0].keys():
            other = min(row.keys() ^ rows[0].keys())
            verb = "has" if other in row else "lacks"
            raise ConnectorProblem("IR531", f'row {index + 1} {verb} the column "{other}", other than the first row',
                                   key=("rows", index),
                                   hint="give all rows of one call the same columns, null where there is no value",
                                   )  # fmt: skip
    if not names:
        raise ConnectorProblem("IR531", "the rows have no columns", key=("rows",))
    return names


def _kind(column: TargetColumn | None, values: Sequence[Any], name: str) -> t.DataType:
    if column is not None and column.type is not None:
        return column.type
    if column is not None and t.String in column.also:
        return t.String()
    try:
        return infer_value_type(values)
    except ValueError as error:
        raise ConnectorProblem("IR532", f'column "{name}" holds {error}', key=("rows", 0, name)) from error
