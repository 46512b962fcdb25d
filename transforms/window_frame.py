"""Aggregates over the rows around each row, on Polars; DuckDB has window frames of its own."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ir.types import Schema
from transforms.aggregate import is_sortable
from transforms.expressions import Bound, Clock, SortKey, Window, to_polars
from transforms.expressions.polars_columns import all_exact
from transforms.parted import in_parts
from transforms.sort import sorted_rows

_PLACE = "__place"
_PART = "__part"
_FAR = 2**40
"""More rows than any partition has."""


def framed(
    rows: pl.LazyFrame, schema: Schema, columns: Sequence[tuple[str, Bound, Window]], clock: Clock
) -> pl.LazyFrame:
    """The rows and `columns`, whose windows have one partition, order and frame.

    The rows are sorted by partition and order and numbered; over the numbers Polars aggregates each row's frame.
    """
    window = columns[0][2]
    frame = window.frame
    assert frame is not None
    partition = list(window.partition_by)
    if not all(is_sortable(schema[name]) for name in partition):
        # each partition by the place of one of its rows
        rows = rows.with_row_index(_PART).with_columns(pl.col(_PART).min().over(all_exact(partition)))
        partition = [_PART]
    ordered = sorted_rows(rows, [*(SortKey(name) for name in partition), *window.order_by])
    numbered = ordered.with_row_index(_PLACE).with_columns(pl.col(_PLACE).cast(pl.Int64))
    # what stands around the aggregates, such as row_number(), sees no frame
    around = [in_parts(name, bound) for name, bound, _ in columns]
    start = -_FAR if frame.start is None else frame.start
    end = _FAR if frame.end is None else frame.end
    seen = numbered.rolling(_PLACE, period=f"{end - start + 1}i", offset=f"{start}i", closed="left",
                            group_by=all_exact(partition) or None)  # fmt: skip
    parts = seen.agg(
        to_polars(part, clock=clock, window=window).alias(name) for each in around for name, part in each.parts
    ).drop(pl.selectors.by_name(*partition))
    beside = numbered.join(parts, on=_PLACE, how="left")
    return beside.with_columns(
        to_polars(each.around, clock=clock, window=window).alias(each.name) for each in around if each.around
    )
