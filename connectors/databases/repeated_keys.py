"""Whether a delivery may have rows with one key: a cheap answer that spares the database a grouping of all rows."""

from __future__ import annotations

import polars as pl

from connectors.databases.writing import TableWrite
from ir import types as t
from transforms.expressions.polars_columns import all_exact

MANY = 5_000_000
"""Beyond so many rows (40 MB of hashes) the database is asked, which groups on its disk."""
_PLAIN = (t.Integer, t.String, t.Date, t.Datetime, t.Boolean, t.Decimal, t.Time)


class RepeatedKeys:
    """Keeps 8 bytes a row. Equal keys have equal hashes, so that without equal ones there is no repeated key."""

    def __init__(self, write: TableWrite, *, alike: bool) -> None:
        """`alike` is whether the database tells keys apart as they are told apart here."""
        plain = all(isinstance(write.columns[name], _PLAIN) for name in write.keys)
        self._keys = list(write.keys)
        self._hashes: list[pl.Series] = []
        self._rows = 0
        self._is_kept = bool(write.keys) and not write.distinct and alike and plain
        self.unsure = bool(write.keys) and not write.distinct and not self._is_kept
        """Whether only the database can tell."""

    def add(self, rows: pl.DataFrame) -> None:
        if not self._is_kept or self.unsure:
            return
        self._rows += rows.height
        self._hashes.append(rows.select(pl.struct(all_exact(self._keys)).hash()).to_series())
        if self._rows > MANY:
            self.unsure, self._hashes = True, []

    def are_possible(self) -> bool:
        """Whether the database has to look for repeated keys."""
        if self.unsure:
            return True
        return bool(self._hashes) and pl.concat(self._hashes).n_unique() < self._rows
