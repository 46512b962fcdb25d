"""The fields of a struct column become columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.model.base import Section
from ir.records import dataclass
from ir.types import DataType, Schema, Struct
from transforms import sql
from transforms.building import Building
from transforms.expressions.polars_columns import exact
from transforms.frame import Frame
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp


class FlattenConfig(Section):
    """The fields of a struct column as columns in its place."""

    field: str = Field(description="The struct column.")
    prefix: str = Field("", description="Put before each field's name.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flatten(Operation):
    """The input's columns with those of `field` in its place; a null struct gives nulls."""

    field: str
    prefix: str
    parts: tuple[str, ...]

    def summary(self) -> str:
        return f"{self.field} as {', '.join(self.prefix + part for part in self.parts)}"

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        columns: list[pl.Expr] = []
        for name in self.inputs[0].schema:
            if name == self.field:
                columns += [exact(name).struct.field(part).alias(self.prefix + part) for part in self.parts]
            else:
                columns.append(exact(name))
        return rows[0].select(columns)

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        columns: list[exp.Expression] = []
        for name in self.inputs[0].schema:
            if name == self.field:
                columns += [
                    sql.named(sql.call("struct_extract", sql.column(name), sql.text(part)), self.prefix + part)
                    for part in self.parts
                ]
            else:
                columns.append(sql.column(name))
        return sql.select(columns, rows[0])


def build_flatten(config: FlattenConfig, rows: Frame, building: Building) -> Flatten | None:
    if not building.column(config.field, rows.schema, "field"):
        return None
    kind = rows.schema[config.field]
    if not isinstance(kind, Struct):
        building.error("IR408", f'"{config.field}" is {kind}, not a struct', "field")
        return None
    columns: dict[str, DataType] = {}
    for name, each in rows.schema.items():
        inside = [(config.prefix + part, of) for part, of in kind.fields] if name == config.field else [(name, each)]
        for new, of in inside:
            if new in columns:
                building.error("IR403", f'the name "{new}" would stand for two columns', "field",
                               hint="write a prefix")  # fmt: skip
                return None
            columns[new] = of
    order = rows.order.after({name: name for name in rows.schema if name != config.field}) if rows.order else None
    return Flatten(inputs=(rows,), schema=Schema(columns), order=order, keeps_arrival=True, keeps_count=True,
                   formats=rows.formats_of(name for name in rows.schema if name != config.field), field=config.field,
                   prefix=config.prefix, parts=tuple(part for part, _ in kind.fields))  # fmt: skip
