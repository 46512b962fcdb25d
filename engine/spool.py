"""Rows kept in the run's folder until all of them are there, and what a report tells of them first."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from connectors.files.report import Facts, Part
from engine.report_parts import CompiledPart
from ir.records import dataclass
from ir.types import NUMERIC, Schema
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import all_exact, exact
from transforms.expressions.window import Clock
from transforms.operation import Lowering

POINTS = 100_000
"""A chart is drawn from at most so many rows."""
_AT_ONCE = 100_000
"""Stretches up to this length are added up in memory, longer ones from the files."""


class Spool:
    """The rows of one relation, batch by batch in files of their own, read back without being decoded."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self._folder, self._schema = folder, schema
        self._files: list[Path] = []
        self._starts: list[int] = []
        """The number of each file's first row."""
        self._read: tuple[int, pl.DataFrame] | None = None
        self.rows = 0

    @property
    def folder(self) -> Path:
        return self._folder

    def add(self, batch: pl.DataFrame) -> None:
        if not batch.height:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{len(self._files):06}.arrow"
        batch.write_ipc(path)
        self._files.append(path)
        self._count(batch)

    def _count(self, batch: pl.DataFrame) -> None:
        self._starts.append(self.rows)
        self.rows += batch.height

    @property
    def stored(self) -> dict[str, Any]:
        """What `reopen` asks of a spool that is complete."""
        return {"folder": self._folder.name, "files": len(self._files), "rows": self.rows, "schema": str(self._schema)}

    def reopen(self, stored: Mapping[str, Any]) -> bool:
        """Take the rows that an earlier attempt at the run has left; false where they are not all there."""
        if stored["schema"] != str(self._schema):
            return False
        try:
            for index in range(stored["files"]):
                batch = pl.read_ipc(self._folder / f"{index:06}.arrow")
                self._take(batch)
                self._files.append(self._folder / f"{index:06}.arrow")
        except (OSError, pl.exceptions.PolarsError):
            return False
        return bool(self.rows == stored["rows"])

    def _take(self, batch: pl.DataFrame) -> None:
        """Count a batch that stands in a file already."""
        self._count(batch)

    def batches(self) -> Iterator[pl.DataFrame]:
        for index in range(len(self._files)):
            yield self.file(index)

    def file(self, index: int) -> pl.DataFrame:
        """The rows of one batch; the last one read is kept, since groups follow one another."""
        if self._read is None or self._read[0] != index:
            self._read = (index, pl.read_ipc(self._files[index]))
        return self._read[1]

    def pieces(self, first: int, rows: int) -> Iterator[pl.DataFrame]:
        """The rows from `first` on, a slice of each batch they lie in."""
        index = max(bisect_right(self._starts, first) - 1, 0)
        while rows > 0:
            piece = self.file(index).slice(first - self._starts[index], rows)
            yield piece
            first, rows, index = first + piece.height, rows - piece.height, index + 1

    def scan(self) -> pl.LazyFrame:
        """All rows in their order, nothing read yet."""
        if not self._files:
            return pl.LazyFrame(schema={name: polars_dtype(kind) for name, kind in self._schema.items()})
        return pl.scan_ipc(self._files)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring rows of a spool, such as those of a group, with the face of one."""

    spool: Spool
    first: int
    rows: int

    def batches(self) -> Iterator[pl.DataFrame]:
        yield from self.spool.pieces(self.first, self.rows)

    def scan(self) -> pl.LazyFrame:
        if 0 < self.rows <= _AT_ONCE:
            return pl.concat(self.batches()).lazy()
        return self.spool.scan().slice(self.first, self.rows)


class Rows(Protocol):
    """Rows that are all there: a whole spool, or a group of one."""

    @property
    def rows(self) -> int: ...

    def batches(self) -> Iterator[pl.DataFrame]: ...

    def scan(self) -> pl.LazyFrame: ...


def facts_of(compiled: CompiledPart, part: Part, spool: Rows, clock: Clock) -> Facts:
    """What is known of the part once all its rows are there: each figure comes from the very rows shown."""
    rows, lowering = spool.scan(), Lowering(clock=clock, ordered=False)
    totals = None if compiled.totals is None else compiled.totals.to_polars(rows, lowering=lowering).collect()
    subtotals = []
    for level, operation in enumerate(compiled.subtotals, 1):
        keys = all_exact(part.group_by.names[:level])
        groups = rows.select(keys).unique(maintain_order=True)
        found = operation.to_polars(rows, lowering=lowering)
        names = part.group_by.names[:level]
        subtotals.append(groups.join(found, on=[exact(each) for each in names], how="left", nulls_equal=True,
                                     maintain_order="left").collect())  # fmt: skip
    points = rows.select(all_exact(part.chart_types.names)).head(POINTS).collect() if part.chart is not None else None
    return Facts(rows=spool.rows, totals=totals, subtotals=tuple(subtotals), points=points,
                 extremes=_extremes(part, rows))  # fmt: skip


def _extremes(part: Part, rows: pl.LazyFrame) -> dict[str, tuple[float, float]]:
    """The range of each column that is shaded by its values or added up; none where it has no value."""
    shaded = [
        name
        for name, kind in part.columns.items()
        if isinstance(part.format_of(name).highlight, str) or (name in part.totals and isinstance(kind, NUMERIC))
    ]
    if not shaded:
        return {}
    ends = [end(exact(name).cast(pl.Float64)).alias(f"{index}{word}") for index, name in enumerate(shaded)
            for word, end in (("low", pl.Expr.min), ("high", pl.Expr.max))]  # fmt: skip
    found = rows.select(ends).collect().row(0, named=True)
    return {name: (found[f"{index}low"], found[f"{index}high"]) for index, name in enumerate(shaded)
            if found[f"{index}low"] is not None}  # fmt: skip
