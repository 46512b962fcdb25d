"""Where everything stands: coordinates for rows that are in order, and the way of each edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.picture.layers import Cell, Edge, Size, layered

Point = tuple[float, float]
_GAP = 26.0
"""Between neighbours in a row of boxes."""
_LABEL_GAP = 14.0
_DROP = 25.0
"""From a row of boxes to the row of labels below it, and on to the next boxes."""
_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Layout:
    """The size of the drawing; the upper left corner of each box; the centre of each label; the points of each edge.

    An edge leaves its box at the first point and enters the other at the last; within a row it runs upright, between
    rows it may swing.
    """

    width: float
    height: float
    boxes: list[Point]
    labels: list[Point]
    routes: list[list[Point]]


def laid_out(boxes: Sequence[Size], edges: Sequence[Edge], labels: Sequence[Size]) -> Layout:
    """The drawing of a graph whose boxes stand each after those it reads; the same for the same input."""
    layers = layered(boxes, edges, labels)
    _set_across(layers.rows)
    left = min((cell.x - cell.width / 2 for row in layers.rows for cell in row), default=0.0)
    width = max((cell.x + cell.width / 2 for row in layers.rows for cell in row), default=0.0) - left
    for row in layers.rows:
        for cell in row:
            cell.x = round(cell.x - left, 1)
    tops, heights = _rows_down(layers.rows)
    return Layout(
        width=width, height=tops[-1] + heights[-1] if tops else 0.0,
        boxes=[(cell.x - cell.width / 2, tops[cell.row]) for cell in layers.boxes],
        labels=[(cell.x, tops[cell.row] + heights[cell.row] / 2) for cell in layers.labels],
        routes=[_route(path, tops, heights) for path in layers.paths],
    )  # fmt: skip


def _rows_down(rows: list[list[Cell]]) -> tuple[list[float], list[float]]:
    """The top and the height of each row."""
    tops: list[float] = []
    heights: list[float] = []
    top = 0.0
    for row in rows:
        heights.append(max((cell.height for cell in row), default=0.0))
        tops.append(top)
        top += heights[-1] + _DROP
    return tops, heights


def _route(path: list[Cell], tops: list[float], heights: list[float]) -> list[Point]:
    first, last = path[0], path[-1]
    points: list[Point] = [(first.x, tops[first.row] + first.height), (first.x, tops[first.row] + heights[first.row])]
    for cell in path[1:-1]:
        points += [(cell.x, tops[cell.row]), (cell.x, tops[cell.row] + heights[cell.row])]
    return [*points, (last.x, tops[last.row])]


def _set_across(rows: list[list[Cell]]) -> None:
    """Give every cell its x: sweeps down and up move each row as near to its neighbours as its order allows."""
    for row in rows:
        _move(row, [[(0.0, 1)]] * len(row))
    best: list[list[float]] = []
    shortest = float("inf")
    for turn in range(_ROUNDS):
        for row in rows:
            _move(row, [[(each.x, weight) for each, weight in cell.above] for cell in row])
        for row in reversed(rows):
            _move(row, [[(each.x, weight) for each, weight in cell.below] for cell in row])
        for row in rows if turn % 2 else rows[::-1]:
            _move(row, [[(each.x, weight) for each, weight in (*cell.above, *cell.below)] for cell in row])
        length = sum(abs(cell.x - each.x) * weight for row in rows for cell in row for each, weight in cell.below)
        if length < shortest - 0.5:
            best, shortest = [[cell.x for cell in row] for row in rows], length
    for row, places in zip(rows, best, strict=True):
        for cell, x in zip(row, places, strict=True):
            cell.x = x


@dataclass(slots=True)
class _Block:
    """Neighbours in a row that touch: they move as one, to the weighted median of where they are wanted."""

    cells: list[tuple[Cell, float]]
    wanted: list[tuple[float, int]]
    x: float = 0.0

    def settle(self) -> None:
        """Into the middle of the span of medians, so that a fork stands symmetric below its stem."""
        self.wanted.sort()
        half = sum(weight for _, weight in self.wanted) / 2
        passed, lower = 0, None
        for x, weight in self.wanted:
            passed += weight
            if lower is not None or passed > half:
                self.x = x if lower is None else (lower + x) / 2
                return
            if passed == half:
                lower = x


def _move(row: list[Cell], wanted: list[list[tuple[float, int]]]) -> None:
    """Set the row so that the weighted sum of distances to `wanted` is least (pooling adjacent violators)."""
    blocks: list[_Block] = []
    offset, before = 0.0, None
    for cell, targets in zip(row, wanted, strict=True):
        if before is not None:
            gap = _GAP if before.row % 2 == 0 else _LABEL_GAP
            offset += before.width / 2 + gap + cell.width / 2
        before = cell
        # what nothing holds would rather stay
        block = _Block([(cell, offset)], [(x - offset, weight) for x, weight in targets] or [(cell.x - offset, 1)])
        block.settle()
        while blocks and blocks[-1].x > block.x:
            left = blocks.pop()
            block = _Block(left.cells + block.cells, left.wanted + block.wanted)
            block.settle()
        blocks.append(block)
    for block in blocks:
        for cell, shift in block.cells:
            cell.x = block.x + shift
