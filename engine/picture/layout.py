"""Where everything stands: coordinates for rows that are in order, and the way of each edge."""

from __future__ import annotations

from collections.abc import Sequence

from engine.picture.layers import Cell, Edge, Size, layered
from engine.picture.placement import set_across
from ir.records import dataclass

Point = tuple[float, float]
_PORT = 16.0
_DROP = 27.0
"""From a row of boxes to the row of labels below it, and on to the next boxes."""


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
    set_across(layers.rows)
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
    start, end = _port(first, path[1]), _port(last, path[-2])
    points: list[Point] = [(start, tops[first.row] + first.height), (start, tops[first.row] + heights[first.row])]
    for cell in path[1:-1]:
        points += [(cell.x, tops[cell.row]), (cell.x, tops[cell.row] + heights[cell.row])]
    return [*points, (end, tops[last.row])]


def _port(box: Cell, neighbour: Cell) -> float:
    """Where an edge meets its box: in the middle, or a little beside it where that makes the edge straight."""
    return neighbour.x if abs(neighbour.x - box.x) <= _PORT else box.x
