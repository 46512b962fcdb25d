"""A blocking face for what runs in a loop: one thread of its own, shared by all who wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent import futures
from typing import Any, TypeVar

from connectors.attempt import stoppable

T = TypeVar("T")

_AWAKE_S = 0.1

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def loop() -> asyncio.AbstractEventLoop:
    """The loop, which runs in a thread that ends with the program."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="weirflow-http", daemon=True).start()
        return _loop


def waited_for(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives, done in the loop while this thread waits.

    A thread of its own and not `asyncio.run`: notebooks have a loop that runs already.
    """
    future = asyncio.run_coroutine_threadsafe(work, loop())
    try:
        # in short waits: where Polars listens for signals none wakes a wait, and a Ctrl-C would be heard at its end
        with stoppable(future.cancel):
            # wait counts a stopped one as done only when what it waits for has cleaned up, which may take long
            while not futures.wait([future], _AWAKE_S).done and not future.cancelled():
                pass
            return future.result()
    except BaseException:
        future.cancel()  # it would go on by itself, also where it was stopped before it began
        raise
