"""Columns become rows: unpivot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.model.base import Section
from ir.records import dataclass
from ir.types import DataType, Schema, String
from transforms import sql
from transforms.building import Building
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import all_exact, exact, exact_name
from transforms.expressions.widening import common_type
from transforms.frame import Frame
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp

_NAME, _VALUE = "__name", "__value"


class UnpivotConfig(Section):
    """One row for each input row and listed column: the index, the column's name, its value."""

    index: list[str] = Field(default_factory=list, description="The columns that stay.")
    columns: list[str] = Field(description="The columns whose values become rows.", min_length=1)
    name_to: str = Field("name", description="The column for the names.")
    value_to: str = Field("value", description="The column for the values.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpivot(Operation):
    """One row per (input row, column of `columns`); values that are null keep their row. It leaves no order."""

    index: tuple[str, ...]
    columns: tuple[str, ...]
    name_to: str
    value_to: str

    def summary(self) -> str:
        return f"{', '.join(self.columns)} as rows of {self.name_to} and {self.value_to}"

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        dtype = polars_dtype(self.schema[self.value_to])
        same = rows[0].select(
            *all_exact(self.index), *(exact(name).cast(dtype) for name in self.columns if name not in self.index)
        )
        # under names of their own: Polars 2.1 loses its way where one of the columns gives its name to the values
        made = same.unpivot(
            on=[exact_name(name) for name in self.columns],
            index=[exact_name(name) for name in self.index],
            variable_name=_NAME,
            value_name=_VALUE,
        )
        return made.select(
            *all_exact(self.index), pl.col(_NAME).alias(self.name_to), pl.col(_VALUE).alias(self.value_to)
        )

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        kind = self.schema[self.value_to]
        names = sql.call("list_value", *(sql.text(name) for name in self.columns))
        values = sql.call("list_value", *(sql.cast(sql.column(name), kind) for name in self.columns))
        return sql.select(
            [
                *sql.columns(self.index),
                sql.named(sql.call("unnest", names), self.name_to),
                sql.named(sql.call("unnest", values), self.value_to),
            ],
            rows[0],
        )


def build_unpivot(config: UnpivotConfig, rows: Frame, building: Building) -> Unpivot | None:
    index = building.known_columns(config.index, rows.schema, "index")
    columns = building.known_columns(config.columns, rows.schema, "columns")
    if len(index) < len(config.index) or len(columns) < len(config.columns):
        return None
    for position, name in enumerate(columns):
        if name in index:
            building.error("IR403", f'"{name}" stands in index and in columns', "columns", position)
            return None
    for key, name in (("name_to", config.name_to), ("value_to", config.value_to)):
        if name in index or config.name_to == config.value_to:
            building.error("IR403", f'the name "{name}" would stand for two columns', key)
            return None
    kind: DataType = rows.schema[columns[0]]
    for position, name in enumerate(columns):
        wide = common_type([kind, rows.schema[name]])
        if wide is None:
            building.error(
                "IR406",
                f'"{name}" is {rows.schema[name]}, the columns before it are {kind}',
                "columns",
                position,
                hint=f"cast them first: {{type: map, config: {{cast: {{{name}: string}}}}}}",
            )
            return None
        kind = wide
    schema = Schema(
        [*((name, rows.schema[name]) for name in index), (config.name_to, String()), (config.value_to, kind)]
    )
    return Unpivot(
        inputs=(rows,),
        schema=schema,
        formats=rows.formats_of(index),
        index=tuple(index),
        columns=tuple(columns),
        name_to=config.name_to,
        value_to=config.value_to,
    )
