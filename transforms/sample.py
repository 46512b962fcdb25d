"""Some rows by chance, the same ones for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.words import RowCount, refuse
from ir.records import dataclass
from transforms import sql
from transforms.building import Building
from transforms.expressions import SortKey
from transforms.expressions.polars_columns import all_exact
from transforms.frame import ARRIVAL, Frame
from transforms.operation import Lowering, Operation
from transforms.sort import sorted_rows, total_order

if TYPE_CHECKING:
    from sqlglot import exp

_PRIME = 2_147_483_647
_STRIDE = 48_271
_DRAW = "__draw"


class SampleConfig(Section):
    """A number or a share of the rows, drawn by chance."""

    rows: RowCount | None = Field(None, description="How many rows; all where there are no more.")
    fraction: float | None = Field(None, ge=0, le=1, description="The share of the rows, each drawn by itself.")
    seed: int = Field(0, ge=0, lt=_PRIME, description="The same seed draws the same rows.")

    @model_validator(mode="after")
    def _exactly_one(self) -> SampleConfig:
        if (self.rows is None) == (self.fraction is None):
            raise refuse("a sample has exactly one of rows and fraction", code="IR206")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Operation):
    """Rows whose draw is low: below `fraction`, or the `count` lowest. It leaves no order.

    The draw of a row is worked out from its place and the seed by integer arithmetic that fits 64 bits, so
    both engines draw the same rows: three rounds of x² + c modulo the prime 2³¹ - 1.
    """

    count: int | None
    fraction: float | None
    seed: int
    sort: tuple[SortKey, ...] = ()
    """What gives rows without an order their places, so that chance is all that a seed stands for."""

    @property
    def single(self) -> bool:
        return self.inputs[0].single or (self.count is not None and self.count <= 1)

    def summary(self) -> str:
        share = f"{self.count} rows" if self.count is not None else f"{self.fraction:.4%} of the rows"
        return f"{share}, seed {self.seed}"

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        place = pl.col(ARRIVAL).cast(pl.Int64) % _PRIME
        draw = (place * _STRIDE + self.seed) % _PRIME
        for _ in range(3):
            draw = (draw * draw + place + self.seed) % _PRIME
        source = sorted_rows(rows[0], self.sort) if self.sort else rows[0]
        numbered = source.with_row_index(ARRIVAL, offset=1).with_columns(draw.alias(_DRAW))
        if self.fraction is not None:
            kept = numbered.filter(pl.col(_DRAW) < int(self.fraction * _PRIME))
        else:
            kept = numbered.sort(_DRAW, ARRIVAL).head(self.count or 0)
        return kept.select(all_exact(self.schema.names))

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        from sqlglot import exp

        def modulo(value: exp.Expression) -> exp.Expression:
            return exp.Mod(this=exp.Paren(this=value), expression=sql.integer(_PRIME))

        place = exp.Paren(this=modulo(sql.column(ARRIVAL)))
        start = exp.Add(this=exp.Mul(this=place, expression=sql.integer(_STRIDE)), expression=sql.integer(self.seed))
        arrival = sql.row_number(keys=sql.ordered(self.sort))
        query = sql.select([*sql.columns(self.schema), sql.named(arrival, ARRIVAL)], rows[0])
        names = [*self.schema, ARRIVAL]
        query = sql.select([*sql.columns(names), sql.named(modulo(start), _DRAW)], query)
        for _ in range(3):
            square = exp.Mul(this=sql.column(_DRAW), expression=sql.column(_DRAW))
            mixed = exp.Add(this=exp.Add(this=square, expression=place), expression=sql.integer(self.seed))
            query = sql.select([*sql.columns(names), sql.named(modulo(mixed), _DRAW)], query)
        kept = sql.select(sql.columns(self.schema), query)
        if self.fraction is not None:
            return kept.where(exp.LT(this=sql.column(_DRAW), expression=sql.integer(int(self.fraction * _PRIME))))
        return sql.order_by(kept, [sql.column(_DRAW), sql.column(ARRIVAL)]).limit(self.count or 0)


def build_sample(config: SampleConfig, rows: Frame, building: Building) -> Sample | None:
    sort = () if rows.order is not None else total_order((), rows)[0]
    return Sample(inputs=(rows,), schema=rows.schema, formats=rows.formats, reads_arrival=rows.order is not None,
                  count=config.rows, fraction=config.fraction, seed=config.seed, sort=sort)  # fmt: skip
