"""What each strategy promises of the calls in any window, counted on a clock of the test's own."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.policies.counting import State, admit
from engine.policies.rates import Rate, rates_of
from ir.model.constraints import ExecutionConstraints

SECOND = 1_000_000


def granted(rates: tuple[Rate, ...], gaps: list[int], *, start: int = 0) -> list[int]:
    """When calls were let through that came so long after one another, each asking again when it was told to."""
    state: State = {}
    now, found = start, []
    for gap in gaps:
        now += gap
        while True:
            state, wait = admit(json.loads(json.dumps(state)), rates, now)
            if not wait:
                break
            now += wait
        found.append(now)
    return found


def most_within(calls: list[int], window: int) -> int:
    """The most calls in any window, both of its ends included."""
    return max(sum(begin <= each <= begin + window for each in calls) for begin in calls)


def rate(strategy: str, calls: int, *, burst: int | None = None, window: int = SECOND) -> Rate:
    return Rate(strategy=strategy, calls=calls, window_us=window, burst=burst or calls)  # type: ignore[arg-type]


GAPS = st.lists(st.integers(0, 400_000), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(calls=st.integers(1, 7), gaps=GAPS, start=st.integers(0, 10**15))
def test_a_sliding_window_never_lets_more_through_than_its_number(calls: int, gaps: list[int], start: int) -> None:
    found = granted((rate("sliding_window", calls),), gaps, start=start)
    assert most_within(found, SECOND) <= calls


@settings(max_examples=60, deadline=None)
@given(calls=st.integers(1, 7), burst=st.integers(1, 7), gaps=GAPS, start=st.integers(0, 10**15))
def test_a_token_bucket_lets_its_burst_and_its_rate_through(
    calls: int, burst: int, gaps: list[int], start: int
) -> None:
    found = granted((rate("token_bucket", calls, burst=burst),), gaps, start=start)
    assert most_within(found, SECOND) <= burst + calls
    if burst == 1:
        assert all(later - earlier >= SECOND // calls for earlier, later in pairwise(found))


@settings(max_examples=60, deadline=None)
@given(calls=st.integers(1, 7), gaps=GAPS, start=st.integers(0, 10**15))
def test_a_fixed_window_holds_its_number_and_across_an_edge_twice_that(calls: int, gaps: list[int], start: int) -> None:
    found = granted((rate("fixed_window", calls),), gaps, start=start)
    by_window = [each // SECOND for each in found]
    assert max(by_window.count(each) for each in by_window) <= calls
    assert most_within(found, SECOND - 1) <= 2 * calls


def test_a_fixed_window_does_let_twice_its_number_through_across_an_edge() -> None:
    found = granted((rate("fixed_window", 3),), [900_000, 0, 0, 100_000, 0, 0])
    assert most_within(found, SECOND) == 6


def test_several_rates_hold_together() -> None:
    both = (rate("sliding_window", 2), rate("sliding_window", 3, window=60 * SECOND))
    assert granted(both, [0, 0, 0, 0]) == [0, 0, SECOND + 1, 60 * SECOND + 1]


def test_a_large_window_is_kept_in_a_thousand_numbers_and_still_holds() -> None:
    large = rate("sliding_window", 5_000, window=SECOND)
    state: State = {}
    now = count = 0
    while count < 5_000:
        state, wait = admit(state, (large,), now)
        count, now = (count + 1, now + 97) if not wait else (count, now + wait)
    assert len(state[large.key]) <= 1001
    _, wait = admit(state, (large,), now)
    assert now + wait > SECOND, "the first of them was made at 0"


def test_a_clock_that_was_set_back_lets_nothing_through_twice() -> None:
    limit = (rate("sliding_window", 1),)
    state, wait = admit({}, limit, 10 * SECOND)
    assert wait == 0
    assert admit(state, limit, 4 * SECOND)[1] == 7 * SECOND + 1


@pytest.mark.parametrize(
    ("written", "rates"),
    [
        ({"rate_limit": {"max_per_second": 5}}, ["5 in 1 s by token_bucket, 5 at once"]),
        ({"rate_limit": {"max_per_minute": 30, "max_per_hour": 100, "strategy": "sliding_window"}},
         ["30 in 60 s by sliding_window", "100 in 3600 s by sliding_window"]),
        ({"rate_limit": {"max_per_second": 0.5, "burst": 2}}, ["1 in 2 s by token_bucket, 2 at once"]),
        ({"rate_limiting": {"max_requests_per_window": 10, "window_duration_ms": 500, "burst_allowance": 2}},
         ["10 in 0.5 s by token_bucket, 12 at once"]),
        ({"rate_limiting": {"strategy": "fixed_window", "max_requests_per_window": 10, "window_duration_ms": 500}},
         ["10 in 0.5 s by fixed_window"]),
        ({"timeout_ms": 5}, []),
    ],
)  # fmt: skip
def test_a_limit_is_read_as_it_is_written(written: dict[str, object], rates: list[str]) -> None:
    assert [each.words for each in rates_of(ExecutionConstraints.model_validate(written))] == rates
