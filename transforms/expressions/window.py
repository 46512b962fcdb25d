"""Which rows an aggregate or ranking looks at, and what time it is."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

ARRIVAL = "__arrival"
"""The column that holds the place at which a row came, where an operation has numbered its rows."""


@dataclass(frozen=True, slots=True)
class SortKey:
    column: str
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """The partition a row belongs to and the order inside it.

    `order_by` must tell the rows of a partition apart where the calls depend on order. Without a frame,
    aggregates see the whole partition, also with an order.
    """

    partition_by: tuple[str, ...] = ()
    order_by: tuple[SortKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """The run's one instant, in the workflow's time zone; `now` is None while only SQL is shown."""

    now: datetime.datetime | None = None
    timezone: str = "UTC"
