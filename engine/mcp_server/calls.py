"""The calls that are under way: each in a thread of its own, told about while it lasts, cancelled with its request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import field
from typing import Any

import anyio

from engine.events import Event, Progress
from engine.mcp_server.answer import Answer
from engine.running.cancellation import Cancellation
from ir.records import dataclass

Work = Callable[[Progress, Cancellation], Answer]
Tell = Callable[[float, float | None, str], Awaitable[Any]]
_AT_ONCE = 4


@dataclass(slots=True)
class Calls:
    """At most a few at once, so that a client that asks much does not starve the machine."""

    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, "weirflow-mcp"))
    _under_way: dict[Future[Answer], Cancellation] = field(default_factory=dict)

    async def answer(self, work: Work, tell: Tell) -> Answer:
        """What `work` answers; `tell` is called with what happens until then."""
        cancellation = Cancellation()
        loop, told = asyncio.get_running_loop(), asyncio.Queue[str | None]()

        def progress(event: Event) -> None:
            if event.text:
                loop.call_soon_threadsafe(told.put_nowait, event.text)

        job = self._threads.submit(work, progress, cancellation)
        self._under_way[job] = cancellation
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_passed_on, told, tell)
                try:
                    answer = await asyncio.wrap_future(job)
                except anyio.get_cancelled_exc_class():
                    await _ended(job, cancellation, "the client cancelled it")
                    raise
                # what the call has told stands in the queue before its end does
                told.put_nowait(None)
        finally:
            del self._under_way[job]
        return answer

    async def stop(self, reason: str) -> None:
        """Cancel what is under way, and wait until it has ended."""
        for job, cancellation in list(self._under_way.items()):
            await _ended(job, cancellation, reason)


async def _ended(job: Future[Answer], cancellation: Cancellation, reason: str) -> None:
    """Wait until a call that is cancelled is over; one that waits for its turn never begins."""
    cancellation.cancel(reason)
    if not job.cancel():
        with anyio.CancelScope(shield=True):
            await asyncio.wait([asyncio.wrap_future(job)])


async def _passed_on(told: asyncio.Queue[str | None], tell: Tell) -> None:
    count = 0
    while (text := await told.get()) is not None:
        count += 1
        await tell(count, None, text)
