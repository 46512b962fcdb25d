"""What a connection's state says of the next call, by each strategy; no clock, no lock and no store of its own.

Times are whole microseconds and are rounded to the later side, so that no rounding lets a call through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.policies.rates import Rate, Strategy

State = dict[str, Any]
"""A JSON object: {key of a rate: what its strategy keeps}, and `at`, the last moment that was seen."""

_GRAINS = 1000
"""Into so many parts a window is divided where it holds more calls than that, and each counts as made at the end of
its part: an hour of 100,000 calls is kept in a thousand numbers."""


def admit(state: State, rates: Sequence[Rate], now_us: int) -> tuple[State, int]:
    """The state after a call now and 0, or the state as it is and the microseconds to wait before asking again.

    A clock that was set back stands still until it is where it was.
    """
    now = max(now_us, int(state.get("at", 0)))
    wait = max((_WAITS[each.strategy](state.get(each.key), each, now) for each in rates), default=0)
    if wait > 0:
        return state, wait + now - now_us
    taken = {each.key: _TAKEN[each.strategy](state.get(each.key), each, now) for each in rates}
    return {**state, **taken, "at": now}, 0


_SHARED = 4
"""Who takes a share ahead has at most this part of what is left, and so others find something, too."""


def share(state: State, rate: Rate, now_us: int, *, least: int, most: int, stands_us: int) -> tuple[State, int, int]:
    """Calls taken ahead from a sliding window, to be made within `stands_us`: the state after that, how many they are
    and the moment at which they are counted; or the state as it is, 0 and the microseconds to wait before asking again.

    More than the least that is asked for is counted at the end of its time: whenever it is used before, no window
    holds more than the rate. A least of 0 takes what there is, and is told to wait where that is nothing.
    """
    now = max(now_us, int(state.get("at", 0)))
    wait = max(int(state.get("held", 0)) - now, _sliding_wait(state.get(rate.key), rate, now, least or _SHARED))
    if wait > 0:
        return state, 0, wait + now - now_us
    left = rate.calls - sum(number for _, number in _within(state.get(rate.key), rate, now))
    given = max(least, min(most, left // _SHARED))
    moment = _grained(now + (stands_us if given > least else 0), rate)
    kept = _with(_within(state.get(rate.key), rate, now), moment, given)
    return {**state, rate.key: kept, "at": now}, given, moment


def settled_share(state: State, rate: Rate, now_us: int, *, moment: int, taken: int, used: int, ago_us: int) -> State:
    """The state once it is known that of the calls `taken` for `moment` so many are `used`, the last `ago_us` ago."""
    calls = list(state.get(rate.key) or [])
    last = min(moment, _grained(max(now_us, int(state.get("at", 0))) - ago_us, rate))
    for place, (at, number) in enumerate(calls):
        if at == moment and number >= taken:
            kept = [*calls[:place], *([[at, number - taken]] if number > taken else []), *calls[place + 1 :]]
            return {**state, rate.key: _with(kept, last, used) if used else kept}
    return state


def held(state: State, now_us: int, hold_us: int) -> State:
    """The state once nobody may have a share for so long."""
    return {**state, "held": max(int(state.get("held", 0)), now_us + hold_us)}


def _with(calls: list[list[int]], moment: int, number: int) -> list[list[int]]:
    found = {moment: number}
    for at, each in calls:
        found[at] = found.get(at, 0) + each
    return [list(each) for each in sorted(found.items())]


def _grained(moment: int, rate: Rate) -> int:
    grain = rate.window_us // _GRAINS if rate.calls > _GRAINS else 1
    return -(-moment // max(grain, 1)) * max(grain, 1)


def _bucket_wait(full_at: Any, rate: Rate, now: int) -> int:
    """A bucket is kept as the moment at which it is full again; each call moves that by one interval."""
    return max(int(full_at or 0) - (rate.burst - 1) * _interval(rate) - now, 0)


def _bucket_taken(full_at: Any, rate: Rate, now: int) -> int:
    return max(int(full_at or 0), now) + _interval(rate)


def _interval(rate: Rate) -> int:
    return -(-rate.window_us // rate.calls)


def _sliding_wait(calls: Any, rate: Rate, now: int, number: int = 1) -> int:
    """How long until there is room for so many."""
    found = _within(calls, rate, now)
    room, wait = rate.calls - sum(each for _, each in found), 0
    for moment, each in found:
        if room >= number:
            break
        room += each
        wait = int(moment) + rate.window_us - now + 1
    return wait


def _sliding_taken(calls: Any, rate: Rate, now: int) -> list[list[int]]:
    found, moment = _within(calls, rate, now), _grained(now, rate)
    if found and found[-1][0] == moment:
        return [*found[:-1], [moment, found[-1][1] + 1]]
    return [*found, [moment, 1]]


def _within(calls: Any, rate: Rate, now: int) -> list[list[int]]:
    """The calls whose window has not passed."""
    return [each for each in calls or [] if each[0] >= now - rate.window_us]


def _fixed_wait(window: Any, rate: Rate, now: int) -> int:
    number = now // rate.window_us
    return (number + 1) * rate.window_us - now if window and window[0] == number and window[1] >= rate.calls else 0


def _fixed_taken(window: Any, rate: Rate, now: int) -> list[int]:
    number = now // rate.window_us
    return [number, window[1] + 1 if window and window[0] == number else 1]


_WAITS: dict[Strategy, Callable[[Any, Rate, int], int]] = {
    "token_bucket": _bucket_wait, "sliding_window": _sliding_wait, "fixed_window": _fixed_wait,
}  # fmt: skip
_TAKEN: dict[Strategy, Callable[[Any, Rate, int], Any]] = {
    "token_bucket": _bucket_taken, "sliding_window": _sliding_taken, "fixed_window": _fixed_taken,
}  # fmt: skip
