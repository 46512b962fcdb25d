"""Columns computed over the rows around each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.model.base import Section
from ir.model.sorting import SortBy
from ir.types import Schema
from transforms import sql
from transforms.building import Building, calls, reads_order
from transforms.expressions import Bound, SortKey, Window, to_polars, to_sql
from transforms.frame import ARRIVAL, Frame
from transforms.operation import Lowering, Operation
from transforms.sort import sort_keys, total_order

if TYPE_CHECKING:
    from sqlglot import exp


class WindowConfig(Section):
    """Columns over a partition of the rows, added to each row."""

    columns: dict[str, str] = Field(
        description="{name: aggregate or row_number(), rank(), dense_rank(), ntile(n), lag(x, n), lead(x, n), "
        "first(x), last(x), or an expression around such calls}.",
        min_length=1,
    )
    partition_by: list[str] = Field(default_factory=list, description="The columns whose equal rows belong together.")
    order_by: list[SortBy] = Field(default_factory=list, description="The order within a partition; as sort's by.")
    frame: dict[str, list[int | None]] | None = Field(
        None, description="{rows: [start, end]} relative to the row, null unbounded."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowColumns(Operation):
    """The input's columns, then `columns`, each computed over the row's partition. It leaves no order."""

    columns: tuple[tuple[str, Bound, Window], ...]
    partition_by: tuple[str, ...] = ()
    order_by: tuple[SortKey, ...] = ()
    by_arrival: bool = False

    @property
    def kind(self) -> str:
        return "window"

    def summary(self) -> str:
        by = f" per {', '.join(self.partition_by)}" if self.partition_by else ""
        order = ", ".join(key.column for key in self.order_by)
        names = "; ".join(f"{name} = {bound.text}" for name, bound, _ in self.columns)
        return f"{names}{by}" + (f" ordered by {order}" if order else "")

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        source = rows[0].with_row_index(ARRIVAL) if self.by_arrival else rows[0]
        added = [
            to_polars(bound, clock=lowering.clock, window=window).alias(name) for name, bound, window in self.columns
        ]
        result = source.with_columns(added)
        return result.drop(ARRIVAL) if self.by_arrival else result

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        source: str | exp.Expression = rows[0]
        if self.by_arrival:
            source = sql.numbered(rows[0], self.inputs[0].schema, ARRIVAL)
        added = [
            sql.named(to_sql(bound, clock=lowering.clock, window=window), name) for name, bound, window in self.columns
        ]
        return sql.select([*sql.columns(self.inputs[0].schema), *added], source)


def build_window(config: WindowConfig, rows: Frame, building: Building) -> WindowColumns | None:
    if config.frame is not None:
        building.error("IR290", "this version cannot run a window frame yet", "frame")
    partition_by = building.known_columns(config.partition_by, rows.schema, "partition_by")
    keys = sort_keys(config.order_by, rows.schema, building, "order_by")
    ordered = bool(keys) or rows.order is not None
    scope = building.scope(rows.schema, kind="window", ordered=ordered)
    columns: list[tuple[str, Bound]] = []
    for name, text in config.columns.items():
        if name in rows.schema:
            building.error(
                "IR403",
                f'there is a column "{name}" already',
                "columns",
                name,
                on_key=True,
                hint="give the new column another name",
            )
            continue
        bound = building.bound(text, scope, "columns", name)
        if bound is None:
            continue
        if not keys and calls(bound, "rank", "dense_rank"):
            building.error("IR420", f"{text} needs order_by: without one every row has the first rank", "columns", name,
                           hint="write order_by: [column], or row_number()")  # fmt: skip
            continue
        columns.append((name, bound))
    if len(columns) < len(config.columns):
        return None
    if any(reads_order(bound) for _, bound in columns) and not ordered:
        building.needs_order(rows, "this window", "columns")
        return None
    return window(rows, columns, partition_by=partition_by, order_by=keys)


def window(
    rows: Frame,
    columns: Sequence[tuple[str, Bound]],
    *,
    partition_by: Sequence[str] = (),
    order_by: tuple[SortKey, ...] = (),
    frame: tuple[int | None, int | None] | None = None,
) -> WindowColumns:
    """The input's columns, then these; where they depend on the order of rows, that is made a total one."""
    ranked, by_arrival = order_by, False
    if any(reads_order(bound) for _, bound in columns):
        ranked, by_arrival = total_order(order_by, rows)
        if by_arrival:
            ranked = (*ranked, SortKey(ARRIVAL))
    parts = tuple(partition_by)
    windows = [Window(parts, order_by if calls(bound, "rank", "dense_rank") else ranked) for _, bound in columns]
    return WindowColumns(
        inputs=(rows,),
        schema=Schema([*rows.schema.items(), *((name, bound.type) for name, bound in columns)]),
        formats=rows.formats,
        reads_arrival=by_arrival,
        keeps_count=True,
        partition_by=parts,
        order_by=order_by,
        columns=tuple((name, bound, over) for (name, bound), over in zip(columns, windows, strict=True)),
        by_arrival=by_arrival,
    )
