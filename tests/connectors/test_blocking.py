"""Waiting for what runs in the loop of the requests."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from connectors.http.blocking import waited_for


def test_what_is_waited_for_ends_when_whoever_waits_is_interrupted() -> None:
    is_ended, is_late = threading.Event(), threading.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(0.05)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            await asyncio.sleep(60)
            is_late.set()
        finally:
            is_ended.set()

    with pytest.raises(KeyboardInterrupt):
        waited_for(work())
    assert is_ended.wait(60)
    assert not is_late.is_set()
