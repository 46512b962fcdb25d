"""The rows a run could not take: kept in the run's folder, for people as NDJSON and for tools as Parquet."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from transforms.dtypes import polars_dtype
from transforms.rejects import LETTER_COLUMNS

if TYPE_CHECKING:
    import pyarrow.parquet as pq

SCHEMA = pl.Schema({name: polars_dtype(kind) for name, kind in LETTER_COLUMNS.items()})


class DeadLetters:
    """The dead letters of one run, in the order they were added; they lie on disk, not in memory.

    Nothing stands under its final name before `finish`, and nothing at all where no row was added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[Part] = []
        self._finished: Path | None = None
        self._stood: Counter[str] = Counter()
        """Those of an earlier attempt."""

    @property
    def count(self) -> int:
        return self._counted().total()

    @property
    def streamed(self) -> int:
        """How many of them steps rejected."""
        return sum(part.counts.total() for part in self._parts if not part.is_whole)

    def of(self, step: str) -> int:
        """How many rows a source or a step rejected."""
        return self._counted()[step]

    def _counted(self) -> Counter[str]:
        return sum((part.counts for part in self._parts), Counter(self._stood))

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each source or step rejected."""
        return dict(self._counted())

    def stand(self, counts: Mapping[str, int]) -> None:
        """Take the letters that an earlier attempt at the run has finished."""
        self._stood.update(counts)
        if counts:
            self._finished = self._folder / "dead_letters.parquet"

    def part(self) -> Part:
        """A place for the letters of one stream, behind those of the parts before it."""
        part = Part(self._folder / f"dead_letters.{len(self._parts)}.part")
        self._parts.append(part)
        self._finished = None
        return part

    def add(self, frame: pl.DataFrame | pl.LazyFrame) -> None:
        """Take the rows of a frame with exactly the columns and dtypes of SCHEMA; an empty one leaves no trace."""
        part = self.part()
        part.is_whole = True
        for batch in frame.lazy().collect_batches(maintain_order=True):
            part.add(batch)

    def clear(self) -> None:
        """Forget all of them: a run that starts again meets them again."""
        for part in self._parts:
            part.discard()
        self._parts.clear()
        self._finished = None

    def clear_streams(self) -> None:
        """Forget those of the steps, and keep those of the sources, which were known before."""
        for part in self._parts:
            if not part.is_whole:
                part.discard()

    def finish(self) -> Path | None:
        """dead_letters.parquet and, beside it, dead_letters.ndjson, each whole; None where there are none.

        Called again it says the same, until more letters come.
        """
        if self._finished is not None:
            return self._finished
        for part in self._parts:
            part.close()
        written = [part.path for part in self._parts if part.counts]
        if not written:
            return None
        rows = pl.scan_parquet(written, glob=False)
        parquet, lines = (self._folder / f"dead_letters.{ending}" for ending in ("parquet", "ndjson"))
        unfinished = {parquet: self._folder / "parquet.part", lines: self._folder / "ndjson.part"}
        rows.sink_parquet(unfinished[parquet], compression="zstd", maintain_order=True, engine="streaming")
        rows.sink_ndjson(unfinished[lines], maintain_order=True, engine="streaming")
        for target, partial in unfinished.items():
            os.replace(partial, target)
        for part in self._parts:
            part.path.unlink(missing_ok=True)
        self._finished = parquet
        return parquet

    def as_json(self) -> dict[str, Any]:
        """`count` and the `path` of the Parquet file, None where there are none."""
        return {"count": self.count, "path": str(self._folder / "dead_letters.parquet") if self.count else None}


class Part:
    """The letters of one stream, in a file that is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        """How many letters there are of each source or step that rejects."""
        self.is_whole = False
        """Whether all its letters came at once."""
        self._writer: pq.ParquetWriter | None = None

    def add(self, batch: pl.DataFrame) -> bool:
        """Take a batch of letters; false, since more may come.

        Raises:
            ValueError: the batch has other columns than SCHEMA.
        """
        if batch.schema != SCHEMA:
            raise ValueError(f"dead letters are {SCHEMA}, not {batch.schema}")
        if batch.is_empty():
            return False
        import pyarrow.parquet as pq

        table = batch.to_arrow()
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self._writer.write_table(table)
        self.counts.update(dict(batch.group_by(pl.coalesce("step", "source")).len().rows()))
        return False

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def discard(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)
        self.counts.clear()
