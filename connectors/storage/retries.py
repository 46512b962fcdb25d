"""Trying again: how often, how long to wait between, and for which errors."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from connectors.attempt import is_tried_again

T = TypeVar("T")

TRIES = 6
_TRIES_WITHIN = 2
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0


def most_tries() -> int:
    """So often a request is made: fewer times where the workflow's own retry comes after."""
    return _TRIES_WITHIN if is_tried_again() else TRIES


async def wait(seconds: float) -> None:
    """What tests replace by a note of how long it would have been."""
    await asyncio.sleep(seconds)


def pause_s(attempt: int, asked_s: float | None = None) -> float:
    """How long to wait after the attempt: longer each time, not in step with others, and what the server asks for."""
    if asked_s is not None:
        return min(asked_s, 2 * _LONGEST_WAIT_S)
    return min(_FIRST_WAIT_S * 2.0**attempt, _LONGEST_WAIT_S) * random.uniform(0.5, 1.0)


async def tried_again(call: Callable[[], Awaitable[T]], passes: Callable[[Exception], bool]) -> T:
    """What the call gives, tried again as long as its error is one that passes.

    Raises:
        Exception: the last one.
    """
    for attempt in range(tries := most_tries()):
        try:
            return await call()
        except Exception as error:
            if attempt == tries - 1 or not passes(error):
                raise
        await wait(pause_s(attempt))
    raise AssertionError
