"""Put rows in an order, and the sort keys that other operations share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.model.base import Section
from ir.model.sorting import SortBy
from ir.model.sorting import SortKey as WrittenKey
from ir.model.words import RowCount
from ir.records import dataclass
from ir.types import Schema
from transforms import sql
from transforms.aggregate import is_sortable
from transforms.building import Building
from transforms.expressions import SortKey
from transforms.expressions.polars_columns import exact
from transforms.frame import ARRIVAL, Frame, Order
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp


class SortConfig(Section):
    """The same rows in order; stable where the input had an order."""

    by: list[SortBy] = Field(description="Names or {field, direction, nulls}, the most important first.", min_length=1)
    limit: RowCount | None = Field(None, description="Keep so many rows from the top.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort(Operation):
    """The rows in order of `keys`; what they leave equal stays as it arrived if `stable`."""

    keys: tuple[SortKey, ...]
    stable: bool
    limit: int | None = None
    written: tuple[SortKey, ...] = ()
    """The keys that the author named; the others only break ties."""

    @property
    def single(self) -> bool:
        return self.inputs[0].single or (self.limit is not None and self.limit <= 1)

    @property
    def unique(self) -> tuple[frozenset[str], ...]:
        return self.inputs[0].unique

    def summary(self) -> str:
        by = ", ".join(f"{key.column}{' descending' if key.descending else ''}" for key in self.written)
        return f"by {by}" + (f", first {self.limit}" if self.limit is not None else "")

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        if not lowering.ordered and self.limit is None:
            return rows[0]
        result = sorted_rows(rows[0], self.keys, stable=self.stable)
        return result if self.limit is None else result.head(self.limit)

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        if not lowering.ordered and self.limit is None:
            return sql.select(sql.columns(self.schema), rows[0])
        source: str | exp.Expression = rows[0]
        keys = sql.ordered(self.keys)
        if self.stable:
            source = sql.numbered(rows[0], self.schema, ARRIVAL)
            keys.append(sql.column(ARRIVAL))
        query = sql.order_by(sql.select(sql.columns(self.schema), source), keys)
        return query if self.limit is None else query.limit(self.limit)


def sorted_rows(rows: pl.LazyFrame, keys: Sequence[SortKey], *, stable: bool = False) -> pl.LazyFrame:
    """The rows in order of the keys."""
    return rows.sort(
        [exact(key.column) for key in keys],
        descending=[key.descending for key in keys],
        nulls_last=[not key.nulls_first for key in keys],
        maintain_order=stable,
    )


def sort_keys(by: Sequence[WrittenKey], schema: Schema, building: Building, *at: str | int) -> tuple[SortKey, ...]:
    """The keys that exist; an error for each that does not or cannot be sorted by."""
    keys: list[SortKey] = []
    for index, each in enumerate(by):
        if not building.column(each.field, schema, *at, index, "field"):
            continue
        if not is_sortable(schema[each.field]):
            building.error(
                "IR408", f'rows cannot be sorted by "{each.field}", which is {schema[each.field]}', *at, index, "field"
            )
            continue
        keys.append(SortKey(each.field, each.direction == "desc", each.nulls == "first"))
    return tuple(keys)


def total_order(keys: Sequence[SortKey], rows: Frame) -> tuple[tuple[SortKey, ...], bool]:
    """The keys and what breaks their ties: the input's order (True for its arrival), else the remaining columns."""
    named = {key.column for key in keys}
    if rows.order is not None:
        return (*keys, *(key for key in rows.order.keys if key.column not in named)), rows.order.arrival
    rest = (SortKey(name) for name, kind in rows.schema.items() if name not in named and is_sortable(kind))
    return (*keys, *rest), False


def build_sort(config: SortConfig, rows: Frame, building: Building) -> Sort | None:
    keys = sort_keys(config.by, rows.schema, building, "by")
    return sort(rows, keys, limit=config.limit) if keys else None


def sort(rows: Frame, written: tuple[SortKey, ...], *, limit: int | None = None) -> Sort:
    """The rows in order of the keys, ties broken.

    Also without a limit: a file of ordered rows is the same on every run, so nothing may be left to chance.
    """
    keys, stable = total_order(written, rows)
    return Sort(
        inputs=(rows,),
        schema=rows.schema,
        order=Order(keys=keys, arrival=stable),
        formats=rows.formats,
        reads_arrival=stable,
        keeps_count=limit is None,
        keys=keys,
        stable=stable,
        limit=limit,
        written=written,
    )
