"""One row for each distinct key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl
from pydantic import Field

from ir.model.base import Section
from ir.model.sorting import SortBy
from ir.records import dataclass
from transforms import sql
from transforms.building import Building
from transforms.expressions import SortKey
from transforms.expressions.polars_columns import all_exact
from transforms.frame import ARRIVAL, Frame
from transforms.operation import Lowering, Operation
from transforms.sort import sort_keys, sorted_rows, total_order

if TYPE_CHECKING:
    from sqlglot import exp

_RANK = "__rank"


class DeduplicateConfig(Section):
    """Rows whose keys are equal (nulls are equal to each other) become one row, or none."""

    keys: list[str] = Field(default_factory=list, description="The columns to compare; by default all.")
    keep: Literal["first", "last", "none"] = Field(
        "first", description="Which row stays; none drops every row that has a double."
    )
    order_by: list[SortBy] = Field(default_factory=list, description="What first and last mean; as sort's by.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduplicate(Operation):
    """One row per distinct `keys`: the first or last by `order`, or with keep none only keys that stand once."""

    keys: tuple[str, ...]
    keep: Literal["first", "last", "none", "any"]
    sort: tuple[SortKey, ...] = ()
    by_arrival: bool = False

    @property
    def single(self) -> bool:
        return self.inputs[0].single

    @property
    def unique(self) -> tuple[frozenset[str], ...]:
        return (frozenset(self.keys), *self.inputs[0].unique)

    def summary(self) -> str:
        by = f", {self.keep} by {', '.join(key.column for key in self.sort)}" if self.sort else f", {self.keep}"
        return f"one row per {', '.join(self.keys)}{by if self.keep != 'any' else ''}"

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        source = sorted_rows(rows[0], self.sort, stable=self.by_arrival) if self.sort else rows[0]
        return source.unique(subset=all_exact(self.keys), keep=self.keep)

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        from sqlglot import exp

        keys = sql.columns(self.keys)
        if self.keep == "any":
            return sql.select(sql.columns(self.schema), rows[0]).distinct()
        source: str | exp.Expression = rows[0]
        if self.keep == "none":
            rank: exp.Expression = exp.Window(this=exp.Count(this=exp.Star()), partition_by=keys)
        else:
            reverse = self.keep == "last"
            order = sql.ordered(self.sort, reverse=reverse)
            if self.by_arrival:
                source = sql.numbered(rows[0], self.schema, ARRIVAL)
                order.append(exp.Ordered(this=sql.column(ARRIVAL), desc=reverse))
            rank = sql.row_number(keys, order)
        ranked = sql.select([*sql.columns(self.schema), sql.named(rank, _RANK)], source)
        return sql.select(sql.columns(self.schema), ranked).where(
            exp.EQ(this=sql.column(_RANK), expression=sql.integer(1))
        )


def build_deduplicate(config: DeduplicateConfig, rows: Frame, building: Building) -> Deduplicate | None:
    keys = building.known_columns(config.keys, rows.schema, "keys")
    if len(keys) < len(config.keys):
        return None
    order_by = sort_keys(config.order_by, rows.schema, building, "order_by")
    if not keys or set(keys) == set(rows.schema.names):
        keep: Literal["none", "any"] = "none" if config.keep == "none" else "any"
        return _deduplicate(rows, keys or list(rows.schema.names), keep)
    if config.keep == "none":
        return _deduplicate(rows, keys, "none")
    if not order_by:
        if not building.needs_order(rows, f"keep: {config.keep} without order_by", "keep"):
            return None
        assert rows.order is not None
        return _deduplicate(rows, keys, config.keep, sort=rows.order.keys, by_arrival=rows.order.arrival)
    sort, by_arrival = total_order(order_by, rows)
    return _deduplicate(rows, keys, config.keep, sort=sort, by_arrival=by_arrival)


def distinct(rows: Frame) -> Deduplicate:
    """Each row once."""
    return _deduplicate(rows, list(rows.schema.names), "any")


def first_of_each(rows: Frame, keys: list[str], keep: Literal["first", "last"]) -> Deduplicate:
    """One row per key, the first or last in the order that `rows` has."""
    assert rows.order is not None
    return _deduplicate(rows, keys, keep, sort=rows.order.keys, by_arrival=rows.order.arrival)


def _deduplicate(rows: Frame, keys: list[str], keep: Literal["first", "last", "none", "any"], *,
                 sort: tuple[SortKey, ...] = (), by_arrival: bool = False) -> Deduplicate:  # fmt: skip
    return Deduplicate(inputs=(rows,), schema=rows.schema, formats=rows.formats, reads_arrival=by_arrival,
                       keys=tuple(keys), keep=keep, sort=sort, by_arrival=by_arrival)  # fmt: skip
