"""A frame as the compiler sees it: a name, its columns, the order of its rows, how they are shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field

from ir.column_format import ColumnFormat
from ir.records import dataclass
from ir.types import Schema
from transforms.expressions.window import ARRIVAL, SortKey

__all__ = ["ARRIVAL", "KEPT_NAMES", "Frame", "Order"]

KEPT_NAMES = re.compile(r"__(?:arrival|count|draw|level|matched|rank|key_\d+)")
"""The names of columns that operations add for themselves, in small letters."""


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a frame's rows: by `keys`, and where those tie by arrival if `arrival`.

    A source has `Order(arrival=True)`; an aggregate `Order(keys=its group keys)`. Known keys let a later
    sort break its ties without numbering the rows.
    """

    keys: tuple[SortKey, ...] = ()
    arrival: bool = False

    def after(self, renamed: Mapping[str, str]) -> Order:
        """The order once only the columns of `renamed` {old: new} are left.

        A key that is gone leaves the rows where they were: the order is then that of their arrival.
        """
        kept: list[SortKey] = []
        for key in self.keys:
            if key.column not in renamed:
                return Order(arrival=True)
            kept.append(SortKey(renamed[key.column], key.descending, key.nulls_first))
        return Order(tuple(kept), self.arrival)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One lazy table of the plan. `order` is None where the rows have none; a `single` one has one row at most.

    `unique` are the sets of columns in which no two rows are equal by the way the frame is made.
    """

    name: str
    schema: Schema
    order: Order | None = None
    single: bool = False
    unique: tuple[frozenset[str], ...] = ()
    formats: Mapping[str, ColumnFormat] = field(default_factory=dict)

    def formats_of(self, names: Iterable[str]) -> dict[str, ColumnFormat]:
        """The formats of those of `names` that have one."""
        return {name: self.formats[name] for name in names if name in self.formats}


def free_name(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, or with a number behind it; names that differ only in case are one name in SQL."""
    used = {name.casefold() for name in taken}
    candidate, number = wanted, 2
    while candidate.casefold() in used:
        candidate, number = f"{wanted}_{number}", number + 1
    return candidate
