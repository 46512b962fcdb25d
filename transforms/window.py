"""Columns computed over the rows around each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import polars as pl
from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.sorting import SortBy
from ir.model.words import refuse
from ir.records import dataclass
from ir.types import Boolean, Date, Datetime, Decimal, Integer, Schema, String
from transforms import sql
from transforms.building import Building, calls, reads_order, takes_order
from transforms.expressions import Bound, RowsFrame, SortKey, Window, to_polars, to_sql
from transforms.expressions.polars_columns import all_exact
from transforms.expressions.tree import Apply, Node, OrderItem, children
from transforms.expressions.tree import Field as ColumnNode
from transforms.frame import ARRIVAL, Frame
from transforms.operation import Lowering, Operation
from transforms.sort import sort_keys, sorted_rows, total_order
from transforms.window_frame import framed

if TYPE_CHECKING:
    from sqlglot import exp


_SORTED = (String, Integer, Decimal, Boolean, Date, Datetime)
_Rows = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]


class WindowFrame(Section):
    """Rows around each row, counted in the window's order."""

    rows: list[_Rows | None] = Field(
        description="[start, end] relative to the row, both included: [-6, 0] is the row and the six before it; null "
        "reaches to the partition's edge."
    )

    @model_validator(mode="after")
    def _forwards(self) -> WindowFrame:
        if len(self.rows) != 2:
            raise refuse(f"a frame has a start and an end, here is {len(self.rows)}", code="IR206",
                         hint="write rows: [-6, 0]; null reaches to the partition's edge")  # fmt: skip
        start, end = self.rows
        if start is not None and end is not None and start > end:
            raise refuse(f"the frame ends before it starts: [{start}, {end}]", code="IR206",
                         hint=f"write rows: [{end}, {start}]")  # fmt: skip
        return self


class WindowConfig(Section):
    """Columns over a partition of the rows, added to each row."""

    columns: dict[str, str] = Field(
        description="{name: aggregate or row_number(), rank(), dense_rank(), ntile(n), lag(x, n, default), "
        "lead(x, n, default), first(x), last(x), or an expression around such calls}.",
        min_length=1,
    )
    partition_by: list[str] = Field(default_factory=list, description="The columns whose equal rows belong together.")
    order_by: list[SortBy] = Field(default_factory=list, description="The order within a partition; as sort's by.")
    frame: WindowFrame | None = Field(
        None, description="The rows that aggregates, first and last see; by default the whole partition."
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
        return f"{names}{by}" + (f" ordered by {order}" if order else "") + self._frame_in_words()

    def _frame_in_words(self) -> str:
        frame = next((window.frame for _, _, window in self.columns if window.frame is not None), None)
        if frame is None:
            return ""
        words = [
            "the first" if frame.start is None else f"{frame.start:+}",
            "the last" if frame.end is None else f"{frame.end:+}",
        ]
        return f", rows from {words[0]} to {words[1]}".replace("+0", "this one")

    @property
    def _names(self) -> list[str]:
        return [*self.schema.names, ARRIVAL] if self.by_arrival else list(self.schema.names)

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        source = rows[0].with_row_index(ARRIVAL) if self.by_arrival else rows[0]
        plain = [each for each in self.columns if each[2].frame is None]
        if self._goes_in_place:
            # one sort and a look at the neighbours: a third of the time of `over` where partitions are small
            source = sorted_rows(source, (*map(SortKey, self.partition_by), *plain[0][2].order_by))
            plain = [(name, bound, replace(window, in_place=True)) for name, bound, window in plain]
        result = source.with_columns(
            to_polars(bound, clock=lowering.clock, window=window).alias(name) for name, bound, window in plain
        )
        if len(plain) < len(self.columns):
            framed_columns = [each for each in self.columns if each[2].frame is not None]
            result = framed(result, self.inputs[0].schema, framed_columns, lowering.clock)
            result = result.select(all_exact(self._names))
        return result.drop(ARRIVAL) if self.by_arrival else result

    @property
    def _goes_in_place(self) -> bool:
        """Whether all that depends on order are row numbers and neighbours, within partitions that can be sorted."""
        kinds = [self.schema[name] for name in self.partition_by]
        calls = [call for _, bound, _ in self.columns for call in _ordered_calls(bound.root)]
        return (
            bool(kinds and calls)
            and all(isinstance(kind, _SORTED) for kind in kinds)
            and all(window.frame is None and window.order_by for _, _, window in self.columns)
            and all(_is_number_or_neighbour(each) for each in calls)
        )

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        source: str | exp.Expression = rows[0]
        if self.by_arrival:
            source = sql.numbered(rows[0], self.inputs[0].schema, ARRIVAL)
        added = [
            sql.named(to_sql(bound, clock=lowering.clock, window=window), name) for name, bound, window in self.columns
        ]
        return sql.select([*sql.columns(self.inputs[0].schema), *added], source)


def build_window(config: WindowConfig, rows: Frame, building: Building) -> WindowColumns | None:
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
    frame = None
    if config.frame is not None:
        if not ordered:
            building.needs_order(rows, "a frame without order_by", "frame")
            return None
        if not any(bound.is_aggregate for _, bound in columns):
            building.error("IR206", "only aggregates, first and last see a frame, and no column has one", "frame",
                           on_key=True, hint="leave frame out")  # fmt: skip
            return None
        frame = (config.frame.rows[0], config.frame.rows[1])
    return window(rows, columns, partition_by=partition_by, order_by=keys, frame=frame)


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
    if frame is not None or any(takes_order(bound) for _, bound in columns):
        ranked, by_arrival = total_order(order_by, rows)
        if by_arrival:
            ranked = (*ranked, SortKey(ARRIVAL))
        columns = [(name, replace(bound, root=_untied(bound.root, ranked, rows.schema))) for name, bound in columns]
    parts = tuple(partition_by)
    seen = None if frame is None else RowsFrame(*frame)
    windows = [Window(parts, ranked, order_by, seen if bound.is_aggregate else None) for _, bound in columns]
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


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for each in children(node):
        yield from _nodes(each)


def _ordered_calls(node: Node) -> list[Apply]:
    return [each for each in _nodes(node) if isinstance(each, Apply) and (each.function.needs_order or each.order_by)]


def _is_number_or_neighbour(call: Apply) -> bool:
    """row_number(), or lag and lead of what each row has by itself."""
    if call.function.name == "row_number":
        return True
    looked_at = list(_nodes(call.args[0])) if call.function.name in {"lag", "lead"} else []
    of_rows = not any(isinstance(each, Apply) and each.function.kind != "scalar" for each in looked_at)
    return of_rows and any(isinstance(each, ColumnNode) for each in looked_at)


def _untied(node: Node, order: Sequence[SortKey], schema: Schema) -> Node:
    """Rows that an aggregate's own order leaves tied in the window's order."""
    if not isinstance(node, Apply):
        return node
    args = tuple(_untied(each, order, schema) for each in node.args)
    if not node.order_by or node.distinct:
        return replace(node, args=args)
    ties = (
        OrderItem(ColumnNode(schema.get(key.column) or Integer(), key.column), key.descending, key.nulls_first)
        for key in order
    )
    return replace(node, args=args, order_by=(*node.order_by, *ties))
