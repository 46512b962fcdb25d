"""Rows of several frames under one another, columns matched by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.diagnostics import Pointer
from ir.model.base import Section
from ir.records import dataclass
from ir.types import DataType, Schema, String
from transforms import sql
from transforms.building import Building
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact
from transforms.expressions.widening import common_type
from transforms.frame import Frame
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp


class UnionConfig(Section):
    """The rows of other frames added after the input's."""

    sources: list[str] = Field(description="The frames to add.", min_length=1)
    source_column: str | None = Field(None, description="A new column with the name of the frame a row came from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Union(Operation):
    """All rows of all inputs; a column that a frame does not have is null in its rows. It leaves no order."""

    source_column: str | None = None
    labels: tuple[str, ...] = ()
    """What `source_column` holds for the rows of each input."""

    def summary(self) -> str:
        return "rows of " + ", ".join(frame.name for frame in self.inputs)

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        return pl.concat([each.select(self._polars_columns(place)) for place, each in enumerate(rows)])

    def _polars_columns(self, place: int) -> list[pl.Expr]:
        frame = self.inputs[place]
        columns: list[pl.Expr] = []
        for name, kind in self.schema.items():
            dtype = polars_dtype(kind)
            if name == self.source_column:
                columns.append(pl.lit(self.labels[place], dtype=pl.String()).alias(name))
            elif name not in frame.schema:
                columns.append(pl.lit(None, dtype=dtype).alias(name))
            else:
                columns.append(exact(name) if frame.schema[name] == kind else exact(name).cast(dtype))
        return columns

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        return sql.union_all([sql.select(self._sql_columns(place), name) for place, name in enumerate(rows)])

    def _sql_columns(self, place: int) -> list[exp.Expression]:
        frame = self.inputs[place]
        columns: list[exp.Expression] = []
        for name, kind in self.schema.items():
            if name == self.source_column:
                columns.append(sql.named(sql.text(self.labels[place]), name))
            elif name not in frame.schema:
                columns.append(sql.named(sql.null(kind), name))
            else:
                found = sql.column(name)
                columns.append(found if frame.schema[name] == kind else sql.named(sql.cast(found, kind), name))
        return columns


def union(
    frames: Sequence[Frame], building: Building, places: Sequence[Pointer], source_column: str | None = None
) -> Union | None:
    """The union with its schema worked out, or None after an error for each column whose types do not meet.

    `places` are where the frames are named, below the config.
    """
    columns: dict[str, DataType] = {}
    good = True
    for frame, at in zip(frames, places, strict=True):
        for name, kind in frame.schema.items():
            wide = common_type([columns.get(name, kind), kind])
            if wide is None:
                good = False
                building.error(
                    "IR406",
                    f'the column "{name}" is {columns[name]} before and {kind} in "{frame.name}"',
                    *at,
                    hint=building.cast_hint(name, "string"),
                )
                continue
            columns[name] = wide
    if source_column is not None:
        if source_column in columns:
            building.error("IR403", f'there is a column "{source_column}" already', "source_column")
            good = False
        columns[source_column] = String()
    if not good:
        return None
    formats = {name: each for frame in reversed(frames) for name, each in frame.formats.items()}
    labels = tuple(frame.name if frame.name in building.frames else "data" for frame in frames)
    return Union(
        inputs=tuple(frames), schema=Schema(columns), formats=formats, source_column=source_column, labels=labels
    )


def build_union(config: UnionConfig, rows: Frame, building: Building) -> Union | None:
    frames = [building.frame(name, "sources", index) for index, name in enumerate(config.sources)]
    if any(frame is None for frame in frames):
        return None
    return union(
        [rows, *(frame for frame in frames if frame)],
        building,
        [("sources",), *(("sources", index) for index in range(len(frames)))],
        source_column=config.source_column,
    )
