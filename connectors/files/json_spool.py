"""Converted rows into one Parquet file of scratch, batch by batch."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from connectors.files.unpacking import write_once
from ir.types import Schema
from transforms.dtypes import polars_dtype

_BATCH_ROWS = 20_000


def spool(rows: Iterable[dict[str, Any]], target: Path, schema: Schema) -> Path:
    """The rows as a Parquet file with exactly the schema's dtypes, written once."""
    dtypes = {name: polars_dtype(kind) for name, kind in schema.items()}

    def fill(partial: Path) -> None:
        remaining = iter(rows)
        batch = list(itertools.islice(remaining, _BATCH_ROWS))
        first = pl.DataFrame(batch, schema=dtypes, strict=True).to_arrow()
        with pq.ParquetWriter(partial, first.schema, compression="zstd") as writer:
            writer.write_table(first)
            while batch := list(itertools.islice(remaining, _BATCH_ROWS)):
                writer.write_table(pl.DataFrame(batch, schema=dtypes, strict=True).to_arrow())

    return write_once(target, fill)
