"""Calls about several rows of which a service did some and refused others: what it says of each part of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from connectors.plugins.items import ItemAnswer, PartlyDone
from connectors.problem import ConnectorProblem
from engine.plugin_operations.splitting import halves, is_divisible
from engine.plugin_operations.units import Call
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a call."""

    call: Call
    output: Any
    problem: ConnectorProblem | None
    is_divided: bool
    """Whether it is told by its own parts, which stand before it."""


def can_be_shared(call: Call, problem: PartlyDone) -> bool:
    """Whether each row of a call has its own answers."""
    return is_divisible(call) and _size(call) == len(problem.items)


def shares(call: Call, problem: PartlyDone) -> Iterator[Share]:
    """The parts of a call, numbered as where it would have been made in parts, so that a run that is gone on with knows
    them: down to those that were done as a whole and to the single rows that were not."""
    items: Sequence[ItemAnswer] = problem.items
    first, second = halves(call)
    for half, its in ((first, items[: _size(first)]), (second, items[_size(first) :])):
        is_refused = any(each.problem is not None for each in its)
        found = PartlyDone(problem.title, its, together=problem.together) if is_refused else None
        is_divided = found is not None and is_divisible(half)
        if found is not None and is_divided:
            yield from shares(half, found)
        output = problem.together([each.output for each in its]) if found is None else None
        yield Share(call=half, output=output, problem=found, is_divided=is_divided)


def _size(call: Call) -> int:
    """So many things it sends."""
    return len(call.pack.items) if call.pack is not None else len(call.rows or ())
