"""Keep some rows from the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.model.base import Section
from ir.model.words import RowCount
from ir.records import dataclass
from transforms import sql
from transforms.building import Building
from transforms.frame import Frame
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp


class LimitConfig(Section):
    """The first rows of an ordered frame."""

    rows: RowCount = Field(description="How many rows to keep.")
    offset: RowCount = Field(0, description="How many rows to leave out before them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Operation):
    """At most `count` rows after the first `offset`, in the input's order."""

    count: int
    offset: int

    @property
    def single(self) -> bool:
        return self.count <= 1 or self.inputs[0].single

    @property
    def unique(self) -> tuple[frozenset[str], ...]:
        return self.inputs[0].unique

    def summary(self) -> str:
        return f"{self.count} rows" + (f" after the first {self.offset}" if self.offset else "")

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        return rows[0].slice(self.offset, self.count)

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        query = sql.select(sql.columns(self.schema), rows[0]).limit(self.count)
        return query.offset(self.offset) if self.offset else query


def build_limit(config: LimitConfig, rows: Frame, building: Building) -> Limit | None:
    if not building.needs_order(rows, "limit"):
        return None
    return Limit(inputs=(rows,), schema=rows.schema, order=rows.order, formats=rows.formats, keeps_arrival=True,
                 reads_arrival=True, count=config.rows, offset=config.offset)  # fmt: skip
