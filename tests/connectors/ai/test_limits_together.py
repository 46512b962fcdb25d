"""The limits of a minute of a model's account, as two processes share them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from connectors.ai.service.throttle import Throttle
from connectors.ai.service.together import Together
from connectors.leases import Given, Leases, SharedLimit, Wanted
from engine.policies.counting import State, share
from engine.policies.rates import Rate


class Counting:
    """Where two processes count: a minute's limits of requests and of tokens."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}
        self.now_us = 0
        self.held: list[float] = []

    def shares(self, wanted: Sequence[Wanted]) -> list[Given]:
        return [self._share(each) for each in wanted]

    def _share(self, wanted: Wanted) -> Given:
        limit = wanted.limit
        rate = Rate(strategy="sliding_window", calls=int(limit.rate), window_us=int(limit.per_s * 1e6), burst=1)
        state, number, moment = share(self.states.get(limit.name, {}), rate, self.now_us, least=int(wanted.least),
                                      most=int(wanted.least), stands_us=0)  # fmt: skip
        self.states[limit.name] = state
        return Given(units=number, moment=moment) if number else Given(wait_s=moment / 1e6)

    def hold(self, limit: SharedLimit, seconds: float) -> None:
        self.held.append(seconds)


@pytest.mark.parametrize(("limits", "tokens"), [({"requests_per_minute": 60}, 1), ({"tokens_per_minute": 6000}, 100)])
def test_two_processes_share_the_limits_of_a_minute(limits: dict[str, int], tokens: int) -> None:
    counting = Counting()

    async def sleep(seconds: float) -> None:
        counting.now_us += int(seconds * 1e6) + 1

    async def calls() -> None:
        ways = [
            Throttle(4, now=lambda: counting.now_us / 1e6, sleep=sleep, together=Together.of(
                Leases(counting), "ai:one", requests_per_minute=limits.get("requests_per_minute"),
                tokens_per_minute=limits.get("tokens_per_minute")))
            for _ in range(2)
        ]  # fmt: skip
        for number in range(70):
            await ways[number % 2].enter(tokens)
            ways[number % 2].leave(expected=tokens, used=tokens)
        await ways[0].tell_others(30)

    asyncio.run(calls())
    assert 59 < counting.now_us / 1e6 < 61  # ten in each ten seconds
    assert counting.held == [30]


def test_tokens_that_an_answer_took_beyond_what_was_expected_are_counted_with_the_next() -> None:
    counting = Counting()

    async def sleep(seconds: float) -> None:
        counting.now_us += int(seconds * 1e6) + 1

    async def calls() -> None:
        together = Together.of(Leases(counting), "ai:one", requests_per_minute=None, tokens_per_minute=6000)
        way = Throttle(4, now=lambda: counting.now_us / 1e6, sleep=sleep, together=together)
        await way.enter(100)
        way.leave(expected=100, used=950)
        await way.enter(100)

    asyncio.run(calls())
    assert 10 < counting.now_us / 1e6 < 11  # 1050 in ten seconds would be too many
