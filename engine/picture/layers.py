"""The rows of the drawing: which row each box stands in, and in which order from left to right.

After Sugiyama: longest paths give the rows, bends keep room for edges that pass a row, and every edge has its label
as a cell in a row of its own between two rows of boxes, so that nothing is ever drawn over anything else.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from itertools import pairwise

from ir.records import dataclass

Size = tuple[float, float]
Edge = tuple[int, int]
BEND: Size = (10.0, 0.0)
_SWEEPS = 8
_STIFF = 8
"""How much straighter the inside of a long edge is drawn than its ends."""


@dataclass(slots=True, eq=False)
class Cell:
    """What takes room in a row: a box, a label or a bend. Neighbours stand with the weight of their edge."""

    width: float
    height: float
    row: int
    above: list[tuple[Cell, int]] = field(default_factory=list)
    below: list[tuple[Cell, int]] = field(default_factory=list)
    place: int = 0
    x: float = 0.0


@dataclass(frozen=True, slots=True)
class Layers:
    """`rows` of cells; the first cells of `boxes` are the boxes, `paths` what each edge passes from box to box."""

    rows: list[list[Cell]]
    boxes: list[Cell]
    paths: list[list[Cell]]
    labels: list[Cell]


def layered(boxes: Sequence[Size], edges: Sequence[Edge], labels: Sequence[Size]) -> Layers:
    """Boxes (each after those it reads), edges between them and the size of each edge's label, in ordered rows."""
    box_rows = _box_rows(len(boxes), edges)
    cells = [Cell(*size, row=2 * row) for size, row in zip(boxes, box_rows, strict=True)]
    rows: list[list[Cell]] = [[] for _ in range(2 * max(box_rows, default=0) + 1)]
    for cell in cells:
        rows[cell.row].append(cell)
    paths: list[list[Cell]] = []
    label_cells: list[Cell] = []
    leaving, entering = Counter(start for start, _ in edges), Counter(end for _, end in edges)
    entered: set[int] = set()
    for (start, end), label in zip(edges, labels, strict=True):
        first, last = cells[start], cells[end]
        # a step stands below the first frame that it reads; the others come from the side
        weight = 2 if end in entered else 4
        entered.add(end)
        label_row = last.row - 1
        # an edge swings once: near the end that it shares with more edges, away from its label
        upright = 0 if leaving[start] <= entering[end] else 1
        inner = [Cell(*(label if row == label_row else BEND), row=row) for row in range(first.row + 1, last.row)]
        label_cells.append(inner[-1])
        path = [first, *inner, last]
        for upper, lower in pairwise(path):
            stiff = weight * (_STIFF if upper is not first and lower is not last else 1)
            stiff += upright if lower is last else 1 - upright
            upper.below.append((lower, stiff))
            lower.above.append((upper, stiff))
        for cell in inner:
            rows[cell.row].append(cell)
        paths.append(path)
    _put_in_order(rows)
    return Layers(rows, cells, paths, label_cells)


def _box_rows(count: int, edges: Sequence[Edge]) -> list[int]:
    """The row of each box: below all it reads, then as far down as makes the edges shorter."""
    parents: list[list[int]] = [[] for _ in range(count)]
    children: list[list[int]] = [[] for _ in range(count)]
    for start, end in edges:
        parents[end].append(start)
        children[start].append(end)
    rows = [0] * count
    for box in range(count):
        rows[box] = max((rows[each] + 1 for each in parents[box]), default=0)
    for box in reversed(range(count)):
        if len(children[box]) > len(parents[box]):
            rows[box] = min(rows[each] for each in children[box]) - 1
    return rows


def _put_in_order(rows: list[list[Cell]]) -> None:
    """Barycentre sweeps down and up; the order with the fewest crossings stays."""
    for row in rows:
        # what comes in from the side stands to the right
        row.sort(key=lambda cell: not cell.above)
    _number(rows)
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        for row in rows if sweep % 2 == 0 else reversed(rows):
            keys = {id(cell): _barycentre(cell, cell.above if sweep % 2 == 0 else cell.below) for cell in row}
            row.sort(key=lambda cell: keys[id(cell)])
            for place, cell in enumerate(row):
                cell.place = place
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best
    _number(rows)


def _number(rows: list[list[Cell]]) -> None:
    for row in rows:
        for place, cell in enumerate(row):
            cell.place = place


def _barycentre(cell: Cell, neighbours: list[tuple[Cell, int]]) -> float:
    """The mean place of the neighbours; a cell without any keeps its own."""
    return sum(each.place for each, _ in neighbours) / len(neighbours) if neighbours else float(cell.place)


def _crossings(rows: list[list[Cell]]) -> int:
    """How many pairs of edges cross, row by row."""
    found = 0
    for row in rows:
        passed: list[int] = []
        for cell in row:
            ends = sorted(lower.place for lower, _ in cell.below)
            found += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return found
