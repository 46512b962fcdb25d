"""The rows of a spool that are split by a column: which groups there are, and where each one's rows lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from engine.spool import Spool, Stretch
from ir.types import Schema
from transforms.expressions.polars_columns import exact

Key = object
"""A group's value; None for rows without one."""


class SplitSpool(Spool):
    """A spool whose rows come sorted by `column`, so that each group is one run of them."""

    def __init__(self, folder: Path, schema: Schema, column: str) -> None:
        super().__init__(folder, schema)
        self._column = column
        self._groups: dict[Key, tuple[int, int]] = {}

    def add(self, batch: pl.DataFrame) -> None:
        if batch.height:
            self._note(batch)
            super().add(batch)

    def _take(self, batch: pl.DataFrame) -> None:
        self._note(batch)
        super()._take(batch)

    def _note(self, batch: pl.DataFrame) -> None:
        """Learn which groups a batch has, which comes behind all others."""
        at = self.rows
        runs = batch.select(exact(self._column).rle().alias("run")).unnest("run")
        for length, key in zip(runs["len"].to_list(), runs["value"].to_list(), strict=True):
            first, rows = self._groups.get(key, (at, 0))
            self._groups[key] = (first, rows + length)
            at += length

    @property
    def keys(self) -> list[Key]:
        """The groups' values, sorted, the missing one last."""
        return list(self._groups)

    def group(self, key: Key, limit: int | None) -> Stretch:
        """The group's rows, at most `limit` of them; none where no row has the value."""
        first, rows = self._groups.get(key, (0, 0))
        return Stretch(self, first, rows if limit is None else min(rows, limit))


def all_keys(spools: Sequence[SplitSpool]) -> list[Key]:
    """The values that stand in any of the spools, sorted, the missing one last."""
    if len(spools) == 1:
        return spools[0].keys
    found = dict.fromkeys(key for each in spools for key in each.keys)
    known = sorted(key for key in found if key is not None)  # type: ignore[type-var]
    return [*known, *([None] if None in found else [])]
