"""Waiting for what runs in the loop of the requests."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from concurrent.futures import CancelledError

import pytest

from connectors.attempt import Attempt
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


def test_what_is_stopped_is_not_waited_for_until_it_has_cleaned_up() -> None:
    is_begun, may_clean_up, is_cleaned_up = threading.Event(), threading.Event(), threading.Event()

    async def work() -> None:
        try:
            is_begun.set()
            await asyncio.sleep(60)
        finally:
            for _ in range(1200):
                if may_clean_up.is_set():
                    is_cleaned_up.set()
                    break
                await asyncio.sleep(0.05)

    attempt = Attempt()

    def stop_it() -> None:
        assert is_begun.wait(60)
        while not attempt._stops:
            time.sleep(0.01)
        attempt.stop()

    threading.Thread(target=stop_it, daemon=True).start()
    with pytest.raises(CancelledError), attempt.running():
        waited_for(work())
    assert not is_cleaned_up.is_set()
    may_clean_up.set()
    assert is_cleaned_up.wait(60)


def test_what_was_stopped_before_it_asked_does_not_ask() -> None:
    is_asked = threading.Event()

    async def work() -> None:
        await asyncio.sleep(0.2)
        is_asked.set()

    attempt = Attempt()
    attempt.stop()
    with pytest.raises(TimeoutError), attempt.running():
        waited_for(work())
    assert not is_asked.wait(1)
