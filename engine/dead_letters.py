"""The rows a run could not take: kept in the run's folder, for people as NDJSON and for tools as Parquet."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

SCHEMA = pl.Schema({
    "source": pl.String(),
    "file": pl.String(),
    "row": pl.Int64(),
    "column": pl.String(),
    "text": pl.String(),
    "rule": pl.String(),
    "reason": pl.String(),
    "original": pl.String(),
})  # fmt: skip
"""`source` is a source or a step, `row` counts from 1 in its `file`, `original` is the row as JSON text.

`column` and `text` are the value it fell over, null where the row as a whole is broken.
"""


class DeadLetters:
    """The dead letters of one run, in the order they were added; they lie on disk, not in memory.

    Nothing stands under its final name before `finish`, and nothing at all where no row was added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[Path] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    @property
    def count(self) -> int:
        return self._counts.total()

    @property
    def counts(self) -> dict[tuple[str, str], int]:
        """How many there are of each (source, rule)."""
        return dict(self._counts)

    def add(self, frame: pl.DataFrame | pl.LazyFrame) -> None:
        """Take the rows of a frame with exactly the columns and dtypes of SCHEMA; an empty one leaves no trace.

        Raises:
            ValueError: the frame has other columns.
        """
        rows = frame.lazy()
        if rows.collect_schema() != SCHEMA:
            raise ValueError(f"dead letters are {SCHEMA}, not {rows.collect_schema()}")
        part = self._folder / f"dead_letters.{len(self._parts)}.part"
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            rows.sink_parquet(part, compression="zstd", maintain_order=True, engine="streaming")
            counted = pl.scan_parquet(part).group_by("source", "rule").len().collect(engine="streaming")
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        if counted.is_empty():
            part.unlink()
            return
        self._parts.append(part)
        self._counts.update({(source, rule): count for source, rule, count in counted.rows()})

    def clear(self) -> None:
        """Forget all of them: a run that starts again meets them again."""
        for part in self._parts:
            part.unlink(missing_ok=True)
        self._parts.clear()
        self._counts.clear()

    def finish(self) -> Path | None:
        """dead_letters.parquet and, beside it, dead_letters.ndjson, each whole; None where there are none."""
        if not self._parts:
            return None
        rows = pl.scan_parquet(self._parts, glob=False)
        parquet, lines = (self._folder / f"dead_letters.{ending}" for ending in ("parquet", "ndjson"))
        unfinished = {parquet: self._folder / "parquet.part", lines: self._folder / "ndjson.part"}
        rows.sink_parquet(unfinished[parquet], compression="zstd", maintain_order=True, engine="streaming")
        rows.sink_ndjson(unfinished[lines], maintain_order=True, engine="streaming")
        for target, partial in unfinished.items():
            os.replace(partial, target)
        for part in self._parts:
            part.unlink()
        self._parts.clear()
        return parquet

    def as_json(self) -> dict[str, Any]:
        """`count`, `path` (None where there are none) and the counts `by` source and rule, the largest first."""
        by = sorted(self._counts.items(), key=lambda each: (-each[1], each[0]))
        return {
            "count": self.count,
            "path": str(self._folder / "dead_letters.parquet") if self.count else None,
            "by": [{"source": source, "rule": rule, "count": count} for (source, rule), count in by],
        }
