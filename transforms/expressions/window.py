"""Which rows an aggregate or ranking looks at, and what time it is."""

from __future__ import annotations

import datetime
from dataclasses import replace

from ir.records import dataclass

ARRIVAL = "__arrival"
"""The column that holds the place at which a row came, where an operation has numbered its rows."""


@dataclass(frozen=True, slots=True)
class SortKey:
    column: str
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class RowsFrame:
    """Rows from `start` to `end` relative to a row, both included; None reaches to the partition's edge."""

    start: int | None
    end: int | None

    @property
    def is_narrow(self) -> bool:
        """Whether so few rows are seen that an engine may look at each of them anew."""
        return self.start is not None and self.end is not None and self.end - self.start < NARROW_ROWS


NARROW_ROWS = 64


@dataclass(frozen=True, slots=True)
class Window:
    """The partition a row belongs to and the order inside it.

    `order_by` must tell the rows of a partition apart where the calls depend on order; rows whose `peers` are
    equal share a rank. Without a `frame`, aggregates see the whole partition, also with an order.
    """

    partition_by: tuple[str, ...] = ()
    order_by: tuple[SortKey, ...] = ()
    peers: tuple[SortKey, ...] | None = None
    """The order as written, by default all of `order_by`."""
    frame: RowsFrame | None = None
    in_place: bool = False
    """For Polars: the rows stand sorted by the partition, then by `order_by`."""

    @property
    def by_peers(self) -> Window:
        """The window in its order as written."""
        return self if self.peers is None else replace(self, order_by=self.peers, peers=None)


@dataclass(frozen=True, slots=True)
class Clock:
    """The run's one instant, in the workflow's time zone; `now` is None while only SQL is shown."""

    now: datetime.datetime | None = None
    timezone: str = "UTC"
