"""Calls about several rows that were refused: made again about half of them each, so that one bad row costs one row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterator
from dataclasses import replace

from connectors.problem import ConnectorProblem
from engine.plugin_operations.tally import Called
from engine.plugin_operations.units import Call
from ir.records import dataclass

MOST = 64
"""So many further calls are made for one that was refused; what is left of its rows then fails with it."""
TELLING = 8
"""Where so many parts of a call are refused and none is taken in, it is not the rows that are at fault."""
_PLACES = 4096
"""The numbers that the parts of one call have, as in a heap: 1 the whole, 2 and 3 its halves, 4 to 7 theirs."""


@dataclass(slots=True)
class Splitting:
    """`is_of_use` until of one call no part at all was taken in."""

    is_of_use: bool = True

    def is_worth_it(self, call: Call, problem: ConnectorProblem) -> bool:
        """Whether parts of a call may be tried: it was refused as a whole, nothing of it has taken effect."""
        return self.is_of_use and problem.reason is None and not problem.sent and is_divisible(call)

    async def parts(self, whole: Called, make: Callable[[Call], Awaitable[Called | None]],
                    give_up: Callable[[Call], Called], is_known: Callable[[Call], bool]) -> Called | None:  # fmt: skip
        """What became of the parts of a call, down to the single row that is refused; None where the run stops and none
        of them is why. Those that are known need no further call."""
        left, found = MOST, list[Called]()
        waiting = list(halves(whole.call))
        while waiting:
            part = waiting.pop(0)
            if left <= 0 and not is_known(part):  # one that is, costs no call, and its rows may have been taken
                found.append(give_up(part))
                continue
            left -= not is_known(part)
            done = await make(part)
            if done is None:
                if all(each.problem is None for each in found):
                    return None
                break
            if done.is_open:
                waiting[:0] = halves(part)
            else:
                found.append(done)
        if len(found) >= TELLING and all(leaf.problem is not None for each in found for leaf in leaves(each)):
            self.is_of_use = False
        return replace(whole, parts=tuple(sorted(found, key=lambda each: each.call.first)))


def is_divisible(call: Call) -> bool:
    """Whether it is about several rows that may as well be in several calls."""
    rows = call.count if call.pack is not None else len(call.rows or ()) if call.is_stretch else 0
    return 1 < rows <= _PLACES // 4


def halves(call: Call) -> tuple[Call, Call]:
    """The call about the first half of its rows and that about the others, numbered the same in every attempt."""
    if call.pack is not None:
        one, other = call.pack.halves()
        first, second = one.call, other.call
    else:
        middle = len(call.rows or ()) // 2
        first, second = _stretch(call, 0, middle), _stretch(call, middle, len(call.rows or ()))
    return replace(first, ordinal=_number(call, 0)), replace(second, ordinal=_number(call, 1))


def was_split(call: Call, known: Container[int]) -> bool:
    """Whether an earlier attempt at the run has made parts of the call."""
    return is_divisible(call) and any(_number(call, side) in known for side in (0, 1))


def _number(call: Call, side: int) -> int:
    """The number of a half: below 0, that of the whole call and the half's place among its parts."""
    whole, place = divmod(-call.ordinal, _PLACES) if call.ordinal < 0 else (call.ordinal, 1)
    return -(whole * _PLACES + 2 * place + side)


def _stretch(call: Call, start: int, end: int) -> Call:
    first, count = call.first + start, end - start
    shown = f"row {first + 1}" if count == 1 else f"rows {first + 1} to {first + count}"
    return replace(call, rows=(call.rows or ())[start:end], first=first, count=count, shown=shown)


def leaves(called: Called) -> Iterator[Called]:
    """The calls that it was in the end made by."""
    if not called.parts:
        yield called
    for each in called.parts:
        yield from leaves(each)
