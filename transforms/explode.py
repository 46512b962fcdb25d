"""One row for each element of a list column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.model.base import Section
from ir.records import dataclass
from ir.types import ListOf, Schema
from transforms import sql
from transforms.building import Building
from transforms.expressions.polars_columns import all_exact, exact_name
from transforms.frame import Frame, Order
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp

_LENGTHS = "explode: the lists of a row differ in length"


class ExplodeConfig(Section):
    """One row per element of a list column, or of several of equal length side by side."""

    field: str | list[str] = Field(description="The list column or columns.")
    keep_empty: bool = Field(False, description="Keep rows whose list is empty or null, with null in its place.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explode(Operation):
    """The input's columns, each of `fields` with one element; rows in the input's order, elements in the list's.

    Lists of one row that differ in length stop the run.
    """

    fields: tuple[str, ...]
    keep_empty: bool

    def summary(self) -> str:
        return f"one row per element of {', '.join(self.fields)}"

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        exploded = rows[0].explode(
            *(exact_name(name) for name in self.fields), empty_as_null=self.keep_empty, keep_nulls=self.keep_empty
        )
        return exploded.select(all_exact(self.schema.names))

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        columns = [
            sql.named(sql.call("unnest", self._list(name)), name) if name in self.fields else sql.column(name)
            for name in self.schema
        ]
        return sql.select(columns, rows[0])

    def _list(self, name: str) -> exp.Expression:
        """The list to unnest: with keep_empty a null for an empty one, and an error where lengths differ."""
        from sqlglot import exp

        values: exp.Expression = sql.column(name)
        length = sql.call("coalesce", sql.call("len", sql.column(name)), sql.integer(0))
        cases: list[exp.Expression] = []
        first = self.fields[0]
        if name != first:
            other = sql.call("coalesce", sql.call("len", sql.column(first)), sql.integer(0))
            cases.append(exp.If(this=exp.NEQ(this=length, expression=other),
                                true=sql.call("error", sql.text(_LENGTHS))))  # fmt: skip
        if self.keep_empty:
            cases.append(exp.If(this=exp.EQ(this=length, expression=sql.integer(0)),
                                true=sql.call("list_value", exp.Null())))  # fmt: skip
        return exp.Case(ifs=cases, default=values) if cases else values


def build_explode(config: ExplodeConfig, rows: Frame, building: Building) -> Explode | None:
    written = [config.field] if isinstance(config.field, str) else config.field
    fields = building.known_columns(written, rows.schema, "field")
    schema = dict(rows.schema.items())
    for name in fields:
        kind = rows.schema[name]
        if not isinstance(kind, ListOf):
            building.error("IR408", f'"{name}" is {kind}, not a list', "field",
                           hint="split(text, ',') makes a list of a text")  # fmt: skip
            return None
        schema[name] = kind.item
    if not fields or len(fields) < len(written):
        return None
    return Explode(inputs=(rows,), schema=Schema(schema), order=Order(arrival=True) if rows.order else None,
                   formats=rows.formats_of(name for name in rows.schema if name not in fields), keeps_arrival=True,
                   fields=tuple(fields), keep_empty=config.keep_empty)  # fmt: skip
