"""What every operation on frames has: inputs, an output schema and order, and its two lowerings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from ir.column_format import ColumnFormat
from ir.types import Schema
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

    def summary(self) -> str:
        """What it does, in one line that a report author can read."""
        raise NotImplementedError

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        """The result as a LazyFrame of exactly `schema`, nothing collected."""
        raise NotImplementedError

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        """The result as a DuckDB query over the tables named `rows`, with the columns of `schema`."""
        raise NotImplementedError
