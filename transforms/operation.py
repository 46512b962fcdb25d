"""What every operation on frames has: inputs, an output schema and order, and its two lowerings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, fields
from typing import TYPE_CHECKING

import polars as pl

from ir.column_format import ColumnFormat
from ir.records import dataclass
from ir.types import Schema
from transforms.expressions.polars_columns import exact
from transforms.expressions.tree import Bound, FrameValue
from transforms.expressions.window import Clock
from transforms.frame import Frame, Order

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True)
class Lowering:
    """What a lowering may depend on beside the operation itself.

    `ordered` says that somebody downstream sees the order of this operation's rows; where nobody does,
    the sort that only makes a frame's order is left out.
    """

    clock: Clock
    ordered: bool = True
    values: Mapping[str, pl.LazyFrame] = field(default_factory=dict)
    """On Polars the frames of one row whose values the operation reads, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A relational step: `inputs` are the frames it reads, `schema` and `order` describe its result.

    `keeps_arrival` operations pass the arrival order of their first input on; `reads_arrival` ones give
    another result when their first input arrives in another order; `keeps_count` ones have one row for each
    row of their first input.
    """

    inputs: tuple[Frame, ...]
    schema: Schema
    order: Order | None = None
    formats: Mapping[str, ColumnFormat] = field(default_factory=dict)
    keeps_arrival: bool = False
    reads_arrival: bool = False
    keeps_count: bool = False

    @property
    def kind(self) -> str:
        """The operation's word in the plan."""
        return type(self).__name__.lower()

    @property
    def keeps_rows(self) -> bool:
        """Whether each row of the result is one of the first input's, and no row of that is there twice."""
        return self.keeps_count

    @property
    def single(self) -> bool:
        """Whether the result has one row at most."""
        return self.keeps_count and self.inputs[0].single

    @property
    def unique(self) -> tuple[frozenset[str], ...]:
        """The sets of columns in which no two rows of the result are equal."""
        return ()

    @property
    def values(self) -> tuple[FrameValue, ...]:
        """The values of other frames that its expressions read."""
        found = (
            value for each in fields(self) for bound in _bounds(getattr(self, each.name)) for value in bound.values
        )
        return tuple(dict.fromkeys(found))

    @property
    def row_values(self) -> tuple[FrameValue, ...]:
        """Those that are read beside each row of the first input."""
        return self.values

    def summary(self) -> str:
        """What it does, in one line that a report author can read."""
        raise NotImplementedError

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        """The result as a LazyFrame of exactly `schema`, nothing collected."""
        raise NotImplementedError

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        """The result as a DuckDB query over the tables named `rows`, with the columns of `schema`."""
        raise NotImplementedError


def _bounds(option: object) -> Iterator[Bound]:
    """The expressions in an option of an operation: one, or some with their names."""
    if isinstance(option, Bound):
        yield option
    elif isinstance(option, tuple):
        for each in option:
            yield from _bounds(each)


def beside(rows: pl.LazyFrame, values: Iterable[FrameValue], frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """The rows in their order, each with the `values` of one-row `frames` as further columns."""
    by_frame: dict[str, dict[str, str]] = {}
    for each in values:
        by_frame.setdefault(each.frame, {})[each.beside] = each.column
    for name, columns in by_frame.items():
        # first() makes the null of a frame without rows
        one = frames[name].select(exact(column).first().alias(wanted) for wanted, column in columns.items())
        rows = rows.join(one, how="cross", maintain_order="left")
    return rows
