"""The rows of a delivery until all of them are there: in a file, since a transaction of MongoDB lives a minute."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from connectors.databases.refusals import duplicate_key
from connectors.databases.writing import TableWrite
from connectors.parquet_rows import ParquetRows
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

_PLACE = "weirflow: place"


class Stage:
    """The staged rows in the order they came."""

    def __init__(self, write: TableWrite) -> None:
        self._write = write
        self._folder = Path(tempfile.mkdtemp(prefix="weirflow-stage-"))
        self._path = self._folder / "rows.parquet"
        self._stack = ExitStack()
        self._rows = ParquetRows(self._path, self._stack)
        self._rows.write(pl.DataFrame(schema={name: polars_dtype(kind) for name, kind in write.columns.items()}))
        self.count = 0
        self.repeated = 0

    def add(self, batch: pl.DataFrame) -> None:
        self._rows.write(batch)
        self.count += batch.height

    def complete(self) -> None:
        """Close the file, and see which rows have a key that a later one has too.

        Raises:
            ConnectorProblem: IR634 where there are some and the rows have no order.
        """
        self._stack.close()
        write = self._write
        if not write.keys or write.distinct:
            return
        groups = self._scan().group_by(exact(each) for each in write.keys).agg(
            pl.len().alias("weirflow: rows"), pl.col(_PLACE).first().alias("weirflow: first")
        )  # fmt: skip
        several = groups.filter(pl.col("weirflow: rows") > 1)
        self.repeated = int(
            several.select((pl.col("weirflow: rows") - 1).sum()).collect(engine="streaming").item() or 0
        )
        if self.repeated and not write.ordered:
            [first] = several.sort("weirflow: first").head(1).collect(engine="streaming").to_dicts()
            raise duplicate_key(write, {name: first[name] for name in write.keys}, first["weirflow: rows"])

    def batches(self, rows: int) -> Iterator[pl.DataFrame]:
        """The rows that are written: of those with one key the last."""
        found = self._scan()
        if self.repeated:
            last = self._scan().group_by(exact(each) for each in self._write.keys).agg(pl.col(_PLACE).last())
            found = found.join(last.select(_PLACE), on=_PLACE, how="semi", maintain_order="left")
        names = list(self._write.columns)
        yield from found.select(exact(each) for each in names).collect_batches(chunk_size=rows, maintain_order=True)

    def _scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self._path, glob=False).with_row_index(_PLACE)

    def discard(self) -> None:
        self._stack.close()
        shutil.rmtree(self._folder, ignore_errors=True)
