"""Rows that are set aside, in a Parquet file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pyarrow.parquet as pq


class ParquetRows:
    """A Parquet file that is made with its first rows, and closed with the stack."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path = path
        self._stack = stack
        self._writer: pq.ParquetWriter | None = None

    def write(self, rows: pl.DataFrame) -> None:
        import pyarrow.parquet as pq

        table = rows.to_arrow()
        if self._writer is None:
            self._writer = self._stack.enter_context(pq.ParquetWriter(self._path, table.schema, compression="zstd"))
        self._writer.write_table(table)
