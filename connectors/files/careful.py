"""Rows read with care: each value beside its text and whether it fits, so that no value stops the reading.

A careful batch has the columns `row` (from 1 in its file), `rule`, `reason` and `original` of rows that are broken as
a whole (null in all others), and for column number i of the source `v<i>`, its value (null where the text does not
fit), `t<i>`, its text, and `m<i>`, whether it is a misfit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from connectors.files import cell_polars
from connectors.files.cells import Cell
from ir.types import DataType, Schema
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

BATCH_ROWS = 20_000
BROKEN = ("rule", "reason", "original")
"""Columns of text."""


def careful_cells(cells: Mapping[str, Cell], present: Sequence[str]) -> list[pl.Expr]:
    """The value, text and misfit columns of text columns; those not `present` in a file are null."""
    columns: list[pl.Expr] = []
    for index, (name, cell) in enumerate(cells.items()):
        if name not in present:
            columns += absent(index, cell.kind)
            continue
        text = exact(name)
        value, misfit = cell_polars.lenient(text, cell)
        columns += [value.alias(f"v{index}"), text.alias(f"t{index}"), misfit.alias(f"m{index}")]
    return columns


def absent(index: int, kind: DataType) -> list[pl.Expr]:
    """A column that a file does not have."""
    return [
        pl.lit(None, dtype=polars_dtype(kind)).alias(f"v{index}"),
        pl.lit(None, dtype=pl.String()).alias(f"t{index}"),
        pl.lit(value=False).alias(f"m{index}"),
    ]


def whole_rows() -> list[pl.Expr]:
    """The columns that say of no row that it is broken."""
    return [pl.lit(None, dtype=pl.String()).alias(name) for name in BROKEN]


def batches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows in order, some at a time."""
    return rows.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)


def careful_frame(rows: Sequence[Mapping[str, Any]], schema: Schema) -> pl.DataFrame:
    """A careful batch of rows that were converted one by one."""
    dtypes: dict[str, pl.DataType] = {"row": pl.Int64(), **dict.fromkeys(BROKEN, pl.String())}
    for index, (_, kind) in enumerate(schema.items()):
        dtypes |= {f"v{index}": polars_dtype(kind), f"t{index}": pl.String(), f"m{index}": pl.Boolean()}
    frame = pl.DataFrame(rows, schema=dtypes, strict=True)
    return frame.with_columns(pl.col(f"m{index}").fill_null(value=False) for index in range(len(schema)))
