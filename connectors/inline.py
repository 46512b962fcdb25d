"""Rows written in the workflow itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.bad_rows import BadRows
from connectors.problem import ConnectorProblem
from connectors.values import TypedValue, convert, infer_value_type
from ir import types as t
from ir.types import Schema
from transforms.dtypes import polars_dtype

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineRelation:
    """The rows themselves, typed; the same face as a file's."""

    schema: Schema
    frame: pl.DataFrame
    bytes: int
    description: str
    files: tuple[str, ...] = ()
    ordered: bool = True
    bad: BadRows | None = None
    warnings: tuple[ConnectorProblem, ...] = ()
    fallible: tuple[str, ...] = ()
    may_fail: bool = False

    @property
    def single(self) -> bool:
        """Whether it has one row at most."""
        return self.frame.height <= 1

    def to_polars(self, scratch: Path | None = None) -> pl.LazyFrame:
        """The rows; nothing is written to `scratch`."""
        return self.frame.lazy()

    def to_sql(self, scratch: Path | None = None) -> exp.Query | None:
        """None: DuckDB reads the Polars frame as it is."""
        return None

    def to_sql_shown(self) -> exp.Query | None:
        """None: the rows stand as a table of the source's name."""
        return None


def inline_rows(rows: Sequence[Mapping[str, Any]], schema: Mapping[str, str] | None = None) -> InlineRelation:
    """The rows as a relation: columns in the order first seen, types as declared or as the values have them.

    Raises:
        ConnectorProblem: IR531 for a value that does not fit its column, at the value; IR532 for columns whose
            values have several types, or that differ only in case.
    """
    declared = {name: t.parse_type(text) for name, text in (schema or {}).items()}
    names = dict.fromkeys(name for row in rows for name in row) | dict.fromkeys(declared)
    _check_names(names)
    columns: dict[str, t.DataType] = {}
    series: list[pl.Series] = []
    for name in names:
        values = [row.get(name) for row in rows]
        kind = declared.get(name) or _inferred(name, values)
        columns[name] = kind
        typed = [_convert(value, kind, index, name) for index, value in enumerate(values)]
        series.append(pl.Series(name, typed, dtype=polars_dtype(kind), strict=True))
    frame = pl.DataFrame(series) if series else pl.DataFrame(height=len(rows))
    size = sum(len(str(value)) for row in rows for value in row.values())
    many = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    return InlineRelation(schema=Schema(columns), frame=frame, bytes=size, description=f"inline: {many}")


def _check_names(names: Mapping[str, None]) -> None:
    folded: dict[str, str] = {}
    if "" in names:
        raise ConnectorProblem("IR532", "a column has no name", key=("config", "rows"),
                               hint='write one in place of ""')  # fmt: skip
    for name in names:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise ConnectorProblem(
                "IR532",
                f'columns "{other}" and "{name}" differ only in case',
                key=("config", "rows"),
                hint="write one name in all rows",
            )


def _inferred(name: str, values: Sequence[Any]) -> t.DataType:
    try:
        return infer_value_type(values)
    except ValueError as error:
        raise ConnectorProblem("IR532", f'column "{name}" holds {error}', key=("config", "rows"),
                               hint=f"declare it: schema: {{{name}: string}}") from error  # fmt: skip


def _convert(value: Any, kind: t.DataType, index: int, name: str) -> TypedValue:
    try:
        return convert(value, kind)
    except ValueError as error:
        raise ConnectorProblem("IR531", f'row {index + 1}, column "{name}": {error}',
                               key=("config", "rows", index, name)) from error  # fmt: skip
