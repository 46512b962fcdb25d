"""The time that requests may take, watched by one timer for many."""

from __future__ import annotations

import asyncio

import pytest

from connectors.http.deadlines import Deadlines


def test_what_has_had_its_time_is_ended_and_what_has_more_goes_on() -> None:
    async def met() -> list[str]:
        deadlines, far, never = Deadlines(), asyncio.Event(), asyncio.Event()

        async def waiting(seconds: float, event: asyncio.Event) -> str:
            try:
                with deadlines.within(seconds):
                    await event.wait()
            except TimeoutError:
                return "too late"
            return "in time"

        slow = asyncio.ensure_future(waiting(60, far))
        short = await asyncio.gather(*(waiting(each, never) for each in (0.02, 0.01, 0.02)))
        far.set()
        return [*short, await slow, await waiting(0.01, never), await waiting(60, far)]

    assert asyncio.run(met()) == ["too late"] * 3 + ["in time", "too late", "in time"]


def test_what_is_cancelled_from_outside_is_not_too_late() -> None:
    async def met() -> None:
        with Deadlines().within(60):
            await asyncio.Event().wait()

    async def cancelled() -> None:
        task = asyncio.ensure_future(met())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_an_error_of_the_block_stays_what_it_is_and_a_later_block_of_the_task_is_not_ended() -> None:
    async def met() -> None:
        deadlines = Deadlines()
        with pytest.raises(KeyError), deadlines.within(0.01):
            raise KeyError
        await asyncio.sleep(0.03)
        with deadlines.within(60):
            await asyncio.sleep(0)

    asyncio.run(met())
