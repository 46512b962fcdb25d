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


def _bucket_wait(full_at: Any, rate: Rate, now: int) -> int:
    """A bucket is kept as the moment at which it is full again; each call moves that by one interval."""
    return max(int(full_at or 0) - (rate.burst - 1) * _interval(rate) - now, 0)


def _bucket_taken(full_at: Any, rate: Rate, now: int) -> int:
    return max(int(full_at or 0), now) + _interval(rate)


def _interval(rate: Rate) -> int:
    return -(-rate.window_us // rate.calls)


def _sliding_wait(calls: Any, rate: Rate, now: int) -> int:
    found = _within(calls, rate, now)
    count = sum(number for _, number in found)
    for moment, number in found:
        count -= number
        if count < rate.calls <= count + number:
            return int(moment) + rate.window_us - now + 1
    return 0


def _sliding_taken(calls: Any, rate: Rate, now: int) -> list[list[int]]:
    found = _within(calls, rate, now)
    grain = rate.window_us // _GRAINS if rate.calls > _GRAINS else 1
    moment = -(-now // grain) * grain
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
