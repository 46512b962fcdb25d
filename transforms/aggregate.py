"""Groups of rows reduced to one row each: aggregate, and reduce for all rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import polars as pl
from pydantic import Field

from ir.expression_lexer import quoted
from ir.model.base import Section
from ir.records import dataclass
from ir.types import Boolean, DataType, Integer, ListOf, Null, Number, Schema, Struct
from transforms import sql
from transforms.building import UNKNOWN, Building, column_tree, takes_order
from transforms.dtypes import polars_dtype
from transforms.expressions import Bound, SortKey, bind, sql_parts, to_polars, to_sql
from transforms.expressions.polars_columns import all_exact, exact, exact_name
from transforms.expressions.tree import Apply, FrameValue, Node, OrderItem, values_of
from transforms.expressions.tree import Field as ColumnNode
from transforms.frame import ARRIVAL, Frame, Order
from transforms.operation import Lowering, Operation, beside
from transforms.parted import aggregates_of, parted

if TYPE_CHECKING:
    from sqlglot import exp


_KEY = "__key_"
_LEVEL = "__level"


class AggregateSpelling(Section):
    """The original's form of an aggregate."""

    field: str | None = Field(None, description="The column; may be left out for count.")
    operation: str = Field(description="sum, avg, min, max, count or another aggregate function.")
    alias: str | None = Field(None, description="The name of the result; by default the key it stands under.")


Aggregates = dict[str, str | AggregateSpelling]


class ReduceConfig(Section):
    """One row of aggregates over all rows, also for an empty input."""

    aggregates: Aggregates = Field(description="{name: aggregate expression}.", min_length=1)


class AggregateConfig(Section):
    """One row a group: the group keys, then the aggregates, as written; ordered by the keys."""

    group_by: list[str | dict[str, str]] = Field(
        default_factory=list, description="Names, or {name: expression}, mixed freely; none is one row over all."
    )
    aggregates: Aggregates = Field(default_factory=dict, description="{name: aggregate expression}.")
    having: str | None = Field(
        None, description="An expression over the output's names; keeps the groups it is true for."
    )
    totals: Literal["none", "grand", "rollup"] = Field(
        "none",
        description="grand adds a row over all rows, rollup also one for each value of the first key, of the first two "
        "keys and so on. Keys that a row sums over are null in it; it stands behind what it sums.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Operation):
    """One row per distinct `keys`, sorted by them; without keys one row, also of an empty input.

    Null is a key like any other. `levels` are how many keys, from the first, rows are grouped by: (2, 1, 0) adds to
    the groups a row for each value of the first key and a row over all, also of an empty input. A key that a row is
    not grouped by is null in it. Every level is computed from the input's rows, so that an average is one of rows.
    """

    keys: tuple[tuple[str, Bound], ...]
    aggregates: tuple[tuple[str, Bound], ...]
    having: Bound | None = None
    levels: tuple[int, ...] = ()
    notes: str = ""

    @property
    def single(self) -> bool:
        return not self.keys

    @property
    def counts_distinct(self) -> bool:
        return any(each.distinct for _, bound in self.aggregates for each in aggregates_of(bound.root))

    @property
    def row_values(self) -> tuple[FrameValue, ...]:
        found = [value for _, bound in self.keys for value in bound.values]
        found += [
            value for _, bound in self.aggregates for part in aggregates_of(bound.root) for value in values_of(part)
        ]
        return tuple(dict.fromkeys(found))

    @property
    def unique(self) -> tuple[frozenset[str], ...]:
        return (frozenset(name for name, _ in self.keys),) if self.keys and not self.levels else ()

    def summary(self) -> str:
        return self.notes

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        if self.levels:
            result = pl.union([self._level(rows[0], count, lowering) for count in self.levels])
        else:
            result = self._groups(rows[0], self.keys, lowering)
        if self.having is not None:
            result = beside(result, self.having.values, lowering.values)
            result = result.filter(to_polars(self.having, clock=lowering.clock))
        if lowering.ordered and self._sorted_by:
            result = result.sort(self._sorted_by, nulls_last=True)
        narrowed = self.levels or (self.having is not None and self.having.values)
        return result.select(all_exact(self.schema.names)) if narrowed else result

    @property
    def _sorted_by(self) -> list[str]:
        """A row of totals stands behind the group whose key is null as well."""
        keys = [exact_name(key.column) for key in self.order.keys] if self.order is not None else []
        return [*keys, _LEVEL] if self.levels and keys else keys

    def _level(self, rows: pl.LazyFrame, count: int, lowering: Lowering) -> pl.LazyFrame:
        """The groups by the first `count` keys, in the columns of all levels."""
        gone = [pl.lit(None, dtype=polars_dtype(bound.type)).alias(name) for name, bound in self.keys[count:]]
        level = pl.lit(len(self.keys) - count, dtype=pl.Int64()).alias(_LEVEL)
        groups = self._groups(rows, self.keys[:count], lowering)
        return groups.with_columns(*gone, level).select(*all_exact(self.schema.names), _LEVEL)

    def _groups(self, rows: pl.LazyFrame, by: Sequence[tuple[str, Bound]], lowering: Lowering) -> pl.LazyFrame:
        clock = lowering.clock
        around = [parted(name, bound) for name, bound in self.aggregates]
        results = [to_polars(part, clock=clock).alias(name) for each in around for name, part in each.parts]
        if not by:
            result = rows.select(results)
        else:
            keys = [_key_polars(bound, lowering).alias(name) for name, bound in by]
            result = rows.group_by(keys).agg(results)
        if any(each.around is not None for each in around):
            # what stands around the aggregates reads other frames beside the groups, not beside every row
            outside = [value for each in around if each.around is not None for value in each.around.values]
            result = beside(result, outside, lowering.values).select(
                *all_exact(name for name, _ in by),
                *(exact(each.name) if each.around is None else to_polars(each.around, clock=clock).alias(each.name)
                  for each in around)
            )  # fmt: skip
        return result

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        from sqlglot import exp

        keys = [_key_sql(bound, lowering) for _, bound in self.keys]
        order = self.inputs[0].order if self.reads_arrival else None
        results = [
            (name, to_sql(bound if order is None else self._arranged(bound, order), clock=lowering.clock))
            for name, bound in self.aggregates
        ]
        source: str | exp.Expression = rows[0]
        if order is not None and order.arrival:
            source = sql.numbered(rows[0], self.inputs[0].schema, ARRIVAL)
        if self.levels:
            # the keys under names of their own: an aggregate's argument of a key's name must see the rows' values
            names = [f"{_KEY}{place}" for place in range(len(keys))]
            given = [*self.inputs[0].schema, *([ARRIVAL] if order is not None and order.arrival else [])]
            source = sql.select([*sql.columns(given), *map(sql.named, keys, names)], source)
            keys = [sql.column(name) for name in names]
            results.append((_LEVEL, sql.call("grouping", *keys)))
        listed = [sql.named(key, name) for key, (name, _) in zip(keys, self.keys, strict=True)]
        query = sql.select([*listed, *(sql.named(each, name) for name, each in results)], source)
        if self.levels:
            sets = [exp.Tuple(expressions=[key.copy() for key in keys[:count]]) for count in self.levels]
            query.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
        elif keys:
            query.set("group", exp.Group(expressions=[sql.integer(place) for place in range(1, len(keys) + 1)]))
        if self.having is not None or self.levels:
            query = sql.select(sql.columns(self.schema), query)
        if self.having is not None:
            query = query.where(to_sql(self.having, clock=lowering.clock))
        if lowering.ordered and self.order is not None:
            level = [sql.column(_LEVEL)] if self.levels and self.order.keys else []
            query = sql.order_by(query, [*sql.ordered(self.order.keys), *level])
        return query

    def _arranged(self, bound: Bound, order: Order) -> Bound:
        """The aggregate with the rows' order written into it: DuckDB groups in parallel, as rows come."""
        keys = (
            (OrderItem(ColumnNode(Integer(), ARRIVAL), descending=False, nulls_first=False),)
            if order.arrival
            else tuple(
                OrderItem(ColumnNode(self.inputs[0].schema[key.column], key.column), key.descending, key.nulls_first)
                for key in order.keys
            )
        )

        def arranged(node: Node) -> Node:
            if not isinstance(node, Apply):
                return node
            args = tuple(arranged(each) for each in node.args)
            order_by = node.order_by
            if node.function.accepts_order and node.distinct:
                order_by = order_by or (OrderItem(args[0], descending=False, nulls_first=False),)
            elif node.function.accepts_order:
                order_by = (*order_by, *keys)
            return replace(node, args=args, order_by=order_by)

        return replace(bound, root=arranged(bound.root))


def build_aggregate(config: AggregateConfig, rows: Frame, building: Building) -> Aggregate | None:
    keys = _keys(config.group_by, rows, building)
    if not keys and not config.aggregates:
        building.error("IR206", "an aggregate has group_by, aggregates or both")
        return None
    if config.totals != "none" and not (keys and config.aggregates):
        building.error("IR206", f"totals: {config.totals} needs group_by and aggregates", "totals")
    aggregates = bound_aggregates(config.aggregates, rows, building, taken=[name for name, _ in keys])
    schema = Schema((name, bound.type) for name, bound in [*keys, *aggregates])
    having = None
    if config.having is not None:
        having = building.bound(config.having, building.scope(schema), "having")
        if having is not None and not isinstance(having.type, Boolean | Null):
            building.error("IR411", f"having is {having.type}, not true or false", "having")
            having = None
    by = ", ".join(name for name, _ in keys)
    notes = f"one row per {by}" if by else "one row over all"
    levels = {"none": (), "grand": (len(keys), 0), "rollup": tuple(range(len(keys), -1, -1))}[config.totals]
    if levels:
        notes += ", with totals of each key" if len(levels) > 2 else ", with a total over all"
    return aggregate(rows, keys, aggregates, having=having, levels=levels, notes=notes)


def _key_polars(bound: Bound, lowering: Lowering) -> pl.Expr:
    """-0 and 0 are one group, which engines name by the one they meet first: it is 0."""
    key = to_polars(bound, clock=lowering.clock)
    # Polars leaves out + 0.0
    return pl.when(key == 0).then(0.0).otherwise(key) if isinstance(bound.type, Number) else key


def _key_sql(bound: Bound, lowering: Lowering) -> exp.Expression:
    key = to_sql(bound, clock=lowering.clock)
    return sql_parts.binary("+", key, sql_parts.literal(0.0, Number())) if isinstance(bound.type, Number) else key


def aggregate(
    rows: Frame,
    keys: Sequence[tuple[str, Bound]],
    aggregates: Sequence[tuple[str, Bound]],
    *,
    having: Bound | None = None,
    levels: tuple[int, ...] = (),
    notes: str = "",
) -> Aggregate:
    """The aggregate operation with its schema and order worked out."""
    if rows.order is None:
        aggregates = [(name, replace(bound, root=_untied(bound.root))) for name, bound in aggregates]
    sortable = all(is_sortable(bound.type) for _, bound in keys)
    # rows of totals tie with groups whose key is null, and stand behind them as they arrive
    order = Order(keys=tuple(SortKey(name) for name, _ in keys), arrival=bool(levels)) if sortable else None
    formats = {name: rows.formats[name] for name, bound in keys if name in rows.formats and name in bound.columns}
    return Aggregate(
        inputs=(rows,),
        schema=Schema((name, bound.type) for name, bound in [*keys, *aggregates]),
        order=order,
        formats=formats,
        keys=tuple(keys),
        aggregates=tuple(aggregates),
        having=having,
        levels=levels,
        notes=notes,
        # also with an order of its own, which may leave rows tied
        reads_arrival=rows.order is not None and any(takes_order(bound) for _, bound in aggregates),
    )


def _untied(node: Node) -> Node:
    """Rows that an aggregate's own order leaves tied in the order of its values, where they have no other."""
    if not isinstance(node, Apply):
        return node
    args = tuple(_untied(each) for each in node.args)
    order_by = node.order_by
    if order_by and not node.distinct and is_sortable(args[0].type):
        order_by = (*order_by, OrderItem(args[0], descending=False, nulls_first=False))
    return replace(node, args=args, order_by=order_by)


def is_sortable(kind: DataType) -> bool:
    """Whether rows can be sorted by a column of this type."""
    return not isinstance(kind, ListOf | Struct)


def build_reduce(config: ReduceConfig, rows: Frame, building: Building) -> Aggregate | None:
    aggregates = bound_aggregates(config.aggregates, rows, building)
    return aggregate(rows, (), aggregates, notes="one row over all")


def bound_aggregates(
    aggregates: Mapping[str, str | AggregateSpelling], rows: Frame, building: Building, taken: Sequence[str] = ()
) -> list[tuple[str, Bound]]:
    """The aggregates typed over the input; one with an error stands as null, so that it causes no others."""
    scope = building.scope(rows.schema, kind="aggregate", ordered=rows.order is not None)
    found: dict[str, Bound] = {}
    for key, written in aggregates.items():
        name, text = key, written
        if isinstance(written, AggregateSpelling):
            name = written.alias or key
            every_row = not written.field or (written.field, written.operation) == ("*", "count")
            text = f"{written.operation}({'*' if every_row else quoted(str(written.field))})"
        if name in taken or name in found:
            building.error("IR403", f'the name "{name}" stands for two columns', "aggregates", key, on_key=True)
            continue
        bound = building.bound(str(text), scope, "aggregates", key)
        if bound is not None and not bound.is_aggregate:
            building.error(
                "IR412",
                f'"{text}" is no aggregate: it has a value for every row',
                "aggregates",
                key,
                hint=f"write an aggregate of it, such as sum({text})",
            )
            bound = None
        found[name] = bound or bind(UNKNOWN, building.scope(rows.schema))
    return list(found.items())


def _keys(group_by: Sequence[str | dict[str, str]], rows: Frame, building: Building) -> list[tuple[str, Bound]]:
    scope = building.scope(rows.schema)
    keys: dict[str, Bound] = {}

    def add(name: str, bound: Bound | None, *at: str | int) -> None:
        if name in keys:
            building.error("IR403", f'the name "{name}" stands for two group keys', *at)
        keys[name] = bound or bind(UNKNOWN, scope)

    for index, written in enumerate(group_by):
        if isinstance(written, str):
            if building.column(written, rows.schema, "group_by", index):
                add(written, building.bound_tree(column_tree(written), scope, "group_by", index), "group_by", index)
            continue
        for name, text in written.items():
            add(name, building.bound(text, scope, "group_by", index, name), "group_by", index, name)
    return list(keys.items())
