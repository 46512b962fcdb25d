"""Ctrl-C and SIGTERM while a run is under way: it is cancelled, and says what was done and how to go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from types import FrameType

from engine.cli import exit_codes
from engine.running.cancellation import Cancellation
from ir.records import dataclass


class Terminated(SystemExit):
    """SIGTERM, raised where the run stands, so that it discards what it has half written."""


@dataclass(slots=True)
class Stopping:
    """What a signal does to a run. `exit_code` is what the shell expects of a program that the signal ended."""

    cancellation: Cancellation = field(default_factory=Cancellation)
    exit_code: int = exit_codes.FAILED


@contextmanager
def stopped_by_signals() -> Iterator[Stopping]:
    """Let SIGINT and SIGTERM cancel what runs inside."""
    stopping = Stopping()

    def stop(code: int, reason: str, raised: BaseException) -> None:
        # what is held comes to its end first; who asks twice does not wait
        waits = stopping.cancellation.is_held and not stopping.cancellation.is_cancelled
        stopping.exit_code = code
        stopping.cancellation.cancel(reason)
        if not waits:
            raise raised

    def interrupt(number: int, frame: FrameType | None) -> None:
        stop(exit_codes.INTERRUPTED, "it was interrupted (Ctrl-C)", KeyboardInterrupt())

    def terminate(number: int, frame: FrameType | None) -> None:
        stop(exit_codes.TERMINATED, "it was told to stop (SIGTERM)", Terminated(exit_codes.TERMINATED))

    before = {signal.SIGINT: signal.signal(signal.SIGINT, interrupt),
              signal.SIGTERM: signal.signal(signal.SIGTERM, terminate)}  # fmt: skip
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
