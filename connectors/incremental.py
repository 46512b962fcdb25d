"""Reading only what is new: where a source starts, and how far it was read."""

from __future__ import annotations

import threading
from dataclasses import field
from typing import Any

import polars as pl

from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The rows past `value`, and with `inclusive` those at it, but for those that were `seen` already.

    For files by `modified` the value is an instant, and `seen` names the files of that very instant which were read.
    For the items of a service `seen` has marks of the rows that were read; the value is None where they have no cursor.
    """

    value: Any
    inclusive: bool = False
    seen: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Watch:
    """The highest cursor value among the rows that a run has really read, in whatever parts and however often."""

    cursor: str
    highest: Any = None
    rows: int = 0
    nulls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def see(self, values: pl.Series) -> None:
        """Take note of a batch's cursor values. Texts compare by code point, as they do everywhere."""
        found: Any = values.max()
        with self._lock:
            self.rows += values.len()
            self.nulls += values.null_count()
            if found is not None and (self.highest is None or found > self.highest):
                self.highest = found

    def reset(self) -> None:
        """Forget what an earlier run has read."""
        with self._lock:
            self.highest, self.rows, self.nulls = None, 0, 0
