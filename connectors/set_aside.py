"""The bad rows of a source on their way out of it: as dead letters, and as they were read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from connectors.bad_rows import BadRows
from connectors.parquet_rows import ParquetRows


class SetAside:
    """Two files in `folder`, which are made with the first bad row and closed with the stack."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._letters, self._rejects = folder / "letters.parquet", folder / "rejects.parquet"
        self._writers = ParquetRows(self._letters, stack), ParquetRows(self._rejects, stack)
        self._count = 0

    def add(self, bad: pl.DataFrame, letters: Sequence[pl.Expr], texts: Sequence[pl.Expr]) -> None:
        """Take bad rows: their dead letters by connectors.bad_rows.letters, and each column's text by its name."""
        if bad.is_empty():
            return
        self._count += bad.height
        named = bad.select(letters)
        reasons = [named[each].alias(f"_{each}") for each in ("reason", "rule", "source", "row")]
        for writer, rows in zip(self._writers, (named, bad.select(texts).with_columns(reasons)), strict=True):
            writer.write(rows)

    def rows(self) -> BadRows | None:
        """What was taken, once the stack is closed; None where that is nothing."""
        if not self._count:
            return None
        return BadRows(count=self._count, letters=pl.scan_parquet(self._letters, glob=False),
                       rows=pl.scan_parquet(self._rejects, glob=False))  # fmt: skip
