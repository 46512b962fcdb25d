"""What one message is about: a row, a group's rows, or all rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from engine.messages.texts import MessageText
from engine.spool import Rows
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One message to be made. `ordinal` counts from 0 in the order of the rows or groups."""

    ordinal: int
    rows: Rows
    """Its own rows: one, the group's, or all."""
    total: int
    """How many rows the delivery has."""
    digest: str
    """The SHA-256 of its rows as JSON texts."""
    row: Mapping[str, Any] = field(default_factory=dict)
    """The row by its columns, of a message a row."""
    key: Mapping[str, Any] = field(default_factory=dict)
    """{column: value} that make the group, of a message a group."""
    to: tuple[str, ...] | None = None
    """Whom it goes to, where that is not asked of its rows."""
    write: Callable[..., MessageText]
    """Makes its texts; takes by name what comes with each message."""

    @property
    def shown(self) -> str:
        """Which one it is, for people."""
        if self.key:
            return f"the group {', '.join(str(each) for each in self.key.values())}"
        if self.row:
            return f"row {self.ordinal + 1}"
        return f"the message to {', '.join(self.to)}" if self.to else "the message"
