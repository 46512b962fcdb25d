"""Waiting for what runs in fsspec's own loop, so that a Ctrl-C here ends it there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent import futures
from typing import Any, TypeVar

from connectors.attempt import stoppable

T = TypeVar("T")

_AWAKE_S = 0.1
_CLEANING_S = 30.0
"""So long an interrupted upload may take to be aborted."""


def wait_for(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns. Where waiting is interrupted it is cancelled, and may clean up first."""
    ended = threading.Event()

    async def watched() -> T:
        try:
            return await work
        finally:
            ended.set()

    future = asyncio.run_coroutine_threadsafe(watched(), loop)
    try:
        # in short waits: a signal that another thread takes does not wake this one
        with stoppable(future.cancel):
            while not futures.wait([future], _AWAKE_S).done:
                pass
            return future.result()
    except BaseException:
        if not ended.is_set():
            future.cancel()
            ended.wait(_CLEANING_S)
        raise
