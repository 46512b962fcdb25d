"""The rows of a frame with what the rules found: the one operation that tests them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from ir import types as t
from ir.records import dataclass
from ir.types import Schema
from transforms import sql
from transforms.expressions import Bound, SortKey, Window, to_polars, to_sql
from transforms.expressions.functions import OPERATORS as FUNCTIONS
from transforms.expressions.polars_columns import all_exact, exact
from transforms.expressions.tree import Apply
from transforms.frame import ARRIVAL
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp

_MATCHED = "__matched"
_ROW_NUMBER = Bound(Apply(t.Integer(), FUNCTIONS["row_number"], ()), "row_number()", frozenset(), False)


@dataclass(frozen=True, slots=True)
class Computed:
    """Columns computed side by side from those before; one that has the name is replaced."""

    columns: tuple[tuple[str, Bound], ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """`name` is true where an earlier row has the same `keys`, among rows where `counts` is true.

    Earlier is by `order`, without one by arrival.
    """

    name: str
    counts: str
    keys: tuple[str, ...]
    order: tuple[SortKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """`name` is true where `key` stands nowhere in `column` of the input number `rows`, and `counts` is true."""

    name: str
    counts: str
    key: str
    rows: int
    column: str


Layer = Computed | Repeated | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Testing(Operation):
    """Each row as it came, then what the rules found: see `transforms.validation.plan`.

    `row` is the name for the place of each row, from 1, where somebody asks for it.
    """

    layers: tuple[Layer, ...]
    row: str | None = None
    expressions: tuple[tuple[str, Bound], ...] = ()
    """{place of the rule in the document: what it asks}, of the rules that could stop an engine."""

    def summary(self) -> str:
        return "rules tested"

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        found = rows[0]
        if self.row is not None:
            found = found.with_row_index(self.row, offset=1).with_columns(pl.col(self.row).cast(pl.Int64))
        for layer in self.layers:
            match layer:
                case Computed(columns):
                    found = found.with_columns(to_polars(each, clock=lowering.clock).alias(name)
                                               for name, each in columns)  # fmt: skip
                case Repeated(name, counts, keys, ()):
                    key = pl.struct(pl.col(counts), *keys)
                    found = found.with_columns((pl.col(counts) & ~key.is_first_distinct()).alias(name))
                case Repeated(name, counts, keys, order):
                    window = Window((counts, *keys), order)
                    place = to_polars(_ROW_NUMBER, clock=lowering.clock, window=window)
                    found = found.with_columns((pl.col(counts) & (place > 1)).alias(name))
                case Unknown(name, counts, key, index, column):
                    known = rows[index].select(pl.col(column).alias(_MATCHED)).unique()
                    # the row order of a plain left join is none
                    keeps = lowering.ordered or self.reads_arrival
                    joined = found.join(known.with_columns(pl.lit(True).alias(name)), left_on=key, right_on=_MATCHED,
                                        how="left", maintain_order="left" if keeps else "none")  # fmt: skip
                    found = joined.with_columns((pl.col(counts) & exact(name).is_null()).alias(name))
        return found.select(all_exact(self.schema.names))

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        names = list(self.inputs[0].schema.names)
        is_shuffled = any(not isinstance(layer, Computed) for layer in self.layers)
        is_ordered = is_shuffled and (lowering.ordered or self.reads_arrival) and self.order is not None
        query: exp.Select | None = None
        if self.row is not None or is_ordered:
            query = sql.numbered(rows[0], names, self.row or ARRIVAL)
            names.append(self.row or ARRIVAL)
        for layer in self.layers:
            query, names = self._layer_sql(layer, query, names, rows, lowering)
        found = sql.select(sql.columns(self.schema), query or rows[0])
        return sql.order_by(found, [sql.column(self.row or ARRIVAL)]) if is_ordered and lowering.ordered else found

    def _layer_sql(self, layer: Layer, query: exp.Select | None, names: list[str], rows: Sequence[str],
                   lowering: Lowering) -> tuple[exp.Select, list[str]]:  # fmt: skip
        from sqlglot import exp

        source: str | exp.Expression = query or rows[0]
        match layer:
            case Computed(columns):
                new = {name: sql.named(to_sql(each, clock=lowering.clock), name) for name, each in columns}
                every = [*names, *(name for name in new if name not in names)]
                return sql.select([new.get(name) or sql.column(name) for name in every], source), every
            case Repeated(name, counts, keys, order):
                by = sql.ordered(order) if order else [sql.column(self.row or ARRIVAL)]
                place = exp.GT(this=sql.row_number(sql.columns([counts, *keys]), by), expression=sql.integer(1))
                found = exp.And(this=sql.column(counts), expression=place)
                return sql.select([*sql.columns(names), sql.named(found, name)], source), [*names, name]
            case Unknown(name, counts, key, index, column):
                known = sql.select([sql.named(sql.column(column), _MATCHED)], rows[index]).distinct()
                known = known.where(exp.Not(this=exp.Is(this=sql.column(column), expression=exp.Null())))
                left: exp.Expression = sql.subquery(query, "left") if query else sql.table(rows[0], "left")
                missing = exp.Is(this=sql.column(_MATCHED, "right"), expression=exp.Null())
                found = exp.And(this=sql.column(counts, "left"), expression=missing)
                joined = sql.select([*sql.columns(names, "left"), sql.named(found, name)], left)
                on = exp.EQ(this=sql.column(key, "left"), expression=sql.column(_MATCHED, "right"))
                joined.set("joins", [exp.Join(this=sql.subquery(known, "right"), side="LEFT", on=on)])
                return joined, [*names, name]
        raise AssertionError(layer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked(Operation):
    """Some of the tested rows, as the columns `outputs`."""

    where: Bound | None
    outputs: tuple[tuple[str, Bound], ...]
    notes: str = ""

    def summary(self) -> str:
        return self.notes

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        found = rows[0] if self.where is None else rows[0].filter(to_polars(self.where, clock=lowering.clock))
        return found.select(to_polars(each, clock=lowering.clock).alias(name) for name, each in self.outputs)

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        columns = [sql.named(to_sql(each, clock=lowering.clock), name) for name, each in self.outputs]
        found = sql.select(columns, rows[0])
        return found if self.where is None else found.where(to_sql(self.where, clock=lowering.clock))


def schema_of(outputs: Sequence[tuple[str, Bound]]) -> Schema:
    return Schema((name, bound.type) for name, bound in outputs)
