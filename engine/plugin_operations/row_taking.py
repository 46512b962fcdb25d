"""Actions that take rows: which columns of them, in which shape, and how many in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from engine.plugin_operations.arguments import json_value
from ir.records import dataclass

MOST_ROWS = 100_000
MOST_BYTES = 32 * 1024**2
"""So much one value may be that is made of a whole frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """How many rows stand in one call, of an operation whose config names the frame itself; None: all of them."""

    most: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTaking:
    """The parameter that gets the rows, each an object by its columns or the list of its values."""

    parameter: str
    shape: Literal["objects", "lists"]
    most: int
    """So many in one call."""
    columns: tuple[str, ...]
    has_header: bool = False
    """Whether the names of the columns go first where the target is empty."""

    def of_row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: row[name] for name in self.columns}

    def shaped(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The rows as the action takes them."""
        if self.shape == "lists":
            return [[json_value(row[name]) for name in self.columns] for row in rows]
        return [{name: json_value(row[name]) for name in self.columns} for row in rows]
