"""Work that blocks, such as a statement to a database, asked for in the loop and done in threads of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

from connectors.attempt import Attempt
from connectors.plugins.pace import Pace
from connectors.problem import ConnectorProblem

T = TypeVar("T")
_AT_ONCE = 16
_WAITING_PAGES = 2
"""So many pages are read before the first of them is wanted."""
_AWAKE_S = 0.1
_THREADS = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="weirflow-plugins")


async def apart(work: Callable[[], T]) -> T:
    """What the work gives; who stops waiting for it stops it."""
    attempt = Attempt()

    def run() -> T:
        with attempt.running():
            return work()

    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, copy_context().run, run)
    except asyncio.CancelledError:
        attempt.stop()
        raise


async def paced(work: Callable[[], T], *, pace: Pace, connection: str, is_repeatable: bool) -> tuple[T, int]:
    """What the work gives, and in how many attempts.

    Raises:
        ConnectorProblem: of the last attempt.
    """
    attempts = 0
    while True:
        attempts += 1
        await pace.before(connection)
        try:
            return await apart(work), attempts
        except ConnectorProblem as problem:
            await pace.again(problem, attempts, is_repeatable=is_repeatable)


async def pages_apart(read: Callable[[], Iterator[list[T]]]) -> AsyncIterator[list[T]]:
    """The pages that a reading gives. It goes on in one thread, a few pages ahead, and ends with who asks for them."""
    loop = asyncio.get_running_loop()
    pages: asyncio.Queue[list[T] | None] = asyncio.Queue(_WAITING_PAGES)
    attempt, ended = Attempt(), threading.Event()

    def hand_over(page: list[T] | None) -> None:
        waiting: Future[None] = asyncio.run_coroutine_threadsafe(pages.put(page), loop)
        while not waiting.done() and not ended.is_set():
            wait([waiting], timeout=_AWAKE_S)
        waiting.cancel()

    def run() -> None:
        try:
            with attempt.running():
                for page in read():
                    hand_over(page)
                    if ended.is_set():
                        return
        finally:
            hand_over(None)

    reading = loop.run_in_executor(_THREADS, copy_context().run, run)
    try:
        while (page := await pages.get()) is not None:
            yield page
        await reading
    finally:
        ended.set()
        if not reading.done():
            attempt.stop()
