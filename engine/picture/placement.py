"""Where the cells of each row stand from left to right: edges short and, where it can be, straight."""

from __future__ import annotations

from collections.abc import Iterator

from engine.picture.layers import Cell
from ir.records import dataclass

_GAP = 26.0
"""Between neighbours in a row of boxes."""
_LABEL_GAP = 14.0
_ROUNDS = 5
_SHIFTS = 3
_NEAR = 0.05
"""Places this near are the same."""


def set_across(rows: list[list[Cell]]) -> None:
    """Give every cell its x, keeping the order of each row.

    Sweeps down and up move each row as near to its neighbours as it can get; then what already hangs together by
    straight edges moves as one, which no move of a single row does.
    """
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
    for _ in range(_SHIFTS):
        if not sum(_shift(group, rows) for group in list(_straight_groups(rows))):
            break


def _gap(left: Cell, right: Cell) -> float:
    """The least distance between the middles of two neighbours."""
    return left.width / 2 + (_GAP if left.row % 2 == 0 else _LABEL_GAP) + right.width / 2


def _straight_groups(rows: list[list[Cell]]) -> Iterator[list[Cell]]:
    """Cells that upright edges connect."""
    seen: set[int] = set()
    for row in rows:
        for cell in row:
            if id(cell) in seen:
                continue
            seen.add(id(cell))
            group = [cell]
            for member in group:  # grows while it is walked
                for each, _ in (*member.above, *member.below):
                    if abs(each.x - member.x) < _NEAR and id(each) not in seen:
                        seen.add(id(each))
                        group.append(each)
            yield group


def _shift(group: list[Cell], rows: list[list[Cell]]) -> bool:
    """Move the group to the median of where its other edges pull it, as far as there is room; whether it moved."""
    members = {id(cell) for cell in group}
    pulls: list[tuple[float, int]] = []
    least, most = float("-inf"), float("inf")
    for cell in group:
        pulls += [(each.x - cell.x, weight) for each, weight in (*cell.above, *cell.below) if id(each) not in members]
        row = rows[cell.row]
        if cell.place and id(row[cell.place - 1]) not in members:
            before = row[cell.place - 1]
            least = max(least, before.x + _gap(before, cell) - cell.x)
        if cell.place + 1 < len(row) and id(row[cell.place + 1]) not in members:
            after = row[cell.place + 1]
            most = min(most, after.x - _gap(cell, after) - cell.x)
    # what is connected with nothing else closes up, to the left if anything stands there
    closed = least if least > float("-inf") else most if most < float("inf") else 0.0
    wanted = _median(pulls) if pulls else closed
    shift = min(max(wanted, min(least, 0.0)), max(most, 0.0))
    gain = sum((abs(pull) - abs(pull - shift)) * weight for pull, weight in pulls) if pulls else abs(shift)
    if gain < _NEAR:
        return False
    for cell in group:
        cell.x += shift
    return True


def _median(wanted: list[tuple[float, int]]) -> float:
    """The weighted median: the middle of the span of medians, so that a fork stands symmetric below its stem."""
    if len(wanted) == 1:
        return wanted[0][0]
    wanted.sort()
    half = sum(weight for _, weight in wanted) / 2
    passed, index = 0, 0
    while passed + wanted[index][1] < half:
        passed += wanted[index][1]
        index += 1
    lower = wanted[index][0]
    return (lower + wanted[index + 1][0]) / 2 if passed + wanted[index][1] == half else lower


@dataclass(slots=True)
class _Block:
    """Neighbours in a row that touch: they move as one, to the median of where they are wanted."""

    cells: list[tuple[Cell, float]]
    wanted: list[tuple[float, int]]
    x: float


def _move(row: list[Cell], wanted: list[list[tuple[float, int]]]) -> None:
    """Set the row so that the weighted sum of distances to `wanted` is least (pooling adjacent violators)."""
    blocks: list[_Block] = []
    offset = 0.0
    for place, (cell, targets) in enumerate(zip(row, wanted, strict=True)):
        if place:
            offset += _gap(row[place - 1], cell)
        # what nothing holds would rather stay
        pulls = [(x - offset, weight) for x, weight in targets] or [(cell.x - offset, 1)]
        block = _Block([(cell, offset)], pulls, _median(pulls))
        while blocks and blocks[-1].x > block.x:
            left = blocks.pop()
            pulls = left.wanted + block.wanted
            block = _Block(left.cells + block.cells, pulls, _median(pulls))
        blocks.append(block)
    for block in blocks:
        for cell, shift in block.cells:
            cell.x = block.x + shift
