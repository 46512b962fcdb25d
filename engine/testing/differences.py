"""What differs between the rows that a test expects and those that were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from engine.testing.values import same, shown
from ir.diagnostics import Place, Pointer
from ir.records import dataclass

Row = Mapping[str, Any]
Pair = tuple[int | None, int | None]

_COMPARED = 400_000
"""Pairs of rows that are looked at to find which belong together; beyond, the nth goes with the nth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as expected."""

    of: str
    """What was looked at: frame totals, delivery csv."""
    expected: str
    found: str
    row: int | None = None
    """Counts from 1: the row expected, or of a row that nobody expects the row found."""
    column: str | None = None
    at: Pointer = ()
    place: Place | None = None

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"of": self.of, "row": self.row, "column": self.column, "expected": self.expected,
                                 "found": self.found}  # fmt: skip
        if self.place is not None:
            found |= {"file": self.place.file, "line": self.place.line}
        return {key: value for key, value in found.items() if value is not None}


NOTHING = "no such row"
UNEXPECTED = "no row"


def rows_differ(
    expected: Sequence[Row], found: Sequence[Row], columns: Sequence[str], *, of: str, at: Pointer, is_ordered: bool,
    is_text: bool = False,
) -> list[Difference]:  # fmt: skip
    """The cells that differ, the rows that are missing and those that nobody expects.

    Of each row only the columns are looked at that it names. Rows in no order are found wherever they stand; what is
    left over goes with what it has most in common with. `columns` are shown of a row that nobody expects.
    """
    differences: list[Difference] = []
    for left, right in paired(expected, found, is_ordered=is_ordered, is_text=is_text):
        if right is None and left is not None:
            said = shown(expected[left])
            differences.append(Difference(of=of, row=left + 1, expected=said, found=NOTHING, at=(*at, left)))
        elif left is None and right is not None:
            said = shown({name: found[right].get(name) for name in columns})
            differences.append(Difference(of=of, row=right + 1, expected=UNEXPECTED, found=said, at=at))
        elif left is not None and right is not None:
            for name, wanted in expected[left].items():
                seen = found[right].get(name)
                if not same(wanted, seen, is_text=is_text):
                    differences.append(Difference(of=of, row=left + 1, column=name, expected=shown(wanted),
                                                  found=shown(seen), at=(*at, left, name)))  # fmt: skip
    return differences


def paired(expected: Sequence[Row], found: Sequence[Row], *, is_ordered: bool, is_text: bool) -> list[Pair]:
    """Which row found belongs to which row expected; None where there is none."""

    def in_common(row: Row, other: Row) -> int:
        return sum(same(value, other.get(name), is_text=is_text) for name, value in row.items())

    if len(expected) * len(found) > _COMPARED:
        return _side_by_side(range(len(expected)), range(len(found)))
    table = [[in_common(row, other) for other in found] for row in expected]
    wholes = [len(row) for row in expected]
    return _in_order(table, len(found), wholes) if is_ordered else _anywhere(table, len(found), wholes)


def _anywhere(table: Sequence[Sequence[int]], count: int, wholes: Sequence[int]) -> list[Pair]:
    owners: dict[int, int] = {}

    def settled(left: int, asked: set[int]) -> bool:
        """Whether a row is found for this one, others moving to another row of theirs where that helps."""
        for right in range(count):
            if table[left][right] == wholes[left] and right not in asked:
                asked.add(right)
                if right not in owners or settled(owners[right], asked):
                    owners[right] = left
                    return True
        return False

    for left in range(len(table)):
        settled(left, set())
    pairs = {left: right for right, left in owners.items()}
    for least in range(max(wholes, default=0), 0, -1):
        for left, row in enumerate(table):
            right = next((each for each in range(count) if each not in owners and row[each] >= least), None)
            if left not in pairs and right is not None:
                pairs[left], owners[right] = right, left
    matched: list[Pair] = [(left, pairs.get(left)) for left in range(len(table))]
    return [*matched, *((None, right) for right in range(count) if right not in owners)]


def _in_order(table: Sequence[Sequence[int]], count: int, wholes: Sequence[int]) -> list[Pair]:
    """The longest run of rows that are as expected, in order; between them the nth goes with the nth."""
    lengths = [[0] * (count + 1) for _ in range(len(table) + 1)]
    for left in range(len(table) - 1, -1, -1):
        for right in range(count - 1, -1, -1):
            follows = lengths[left + 1][right + 1] + 1 if table[left][right] == wholes[left] else 0
            lengths[left][right] = max(follows, lengths[left + 1][right], lengths[left][right + 1])
    pairs: list[Pair] = []
    left = right = before_left = before_right = 0
    while left < len(table) and right < count:
        if table[left][right] == wholes[left] and lengths[left][right] == lengths[left + 1][right + 1] + 1:
            pairs += [*_side_by_side(range(before_left, left), range(before_right, right)), (left, right)]
            left, right = left + 1, right + 1
            before_left, before_right = left, right
        elif lengths[left + 1][right] >= lengths[left][right + 1]:
            left += 1
        else:
            right += 1
    return pairs + _side_by_side(range(before_left, len(table)), range(before_right, count))


def _side_by_side(lefts: range, rights: range) -> list[Pair]:
    return list(zip_longest(lefts, rights))
