"""Rows of a template's sheet that are filled together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from connectors.files.xlsx_places import Area
from connectors.files.xlsx_template_package import template_problem
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.files.xlsx_template_rows import Filled

SHEET_ROWS = 1_048_576


@dataclass(frozen=True, slots=True)
class Band:
    """Areas side by side, from the sheet's row `first` to `last`, counted from 1."""

    first: int
    last: int
    rows: int
    areas: tuple[Area, ...]

    @property
    def inserted(self) -> int:
        """How many rows it takes beyond those the template has."""
        return max(0, self.rows - (self.last - self.first + 1))


def bands_of(areas: Sequence[Area], filled: Sequence[Filled]) -> list[Band]:
    """The bands of a sheet from above; an area above another pushes it down.

    Raises:
        ConnectorProblem: IR604 where areas lie across each other, or the rows go beyond the sheet's end.
    """
    found = []
    for first in sorted({each.row for each in areas}):
        own = tuple(each for each in areas if each.row == first)
        rows = max(filled[each.part].rows.height for each in own)
        found.append(Band(first, max(each.last for each in own), rows, own))
        columns = [column for each in own for column in each.columns]
        if len(set(columns)) < len(columns):
            raise template_problem(f'two sections share cells of row {first} of the sheet "{own[0].sheet}"',
                                   "keep their placeholders apart")  # fmt: skip
    for above, below in pairwise(found):
        if above.last >= below.first:
            raise template_problem(f'areas of "{below.areas[0].sheet}" lie across each other at row {below.first}',
                                   "begin them in the same row, or keep them apart")  # fmt: skip
    if found and found[-1].last + sum(each.inserted for each in found) > SHEET_ROWS:
        raise template_problem(f"a sheet holds {SHEET_ROWS:,} rows, and the template's would take more",
                               "deliver without a template, which rolls to a next sheet")  # fmt: skip
    return found
