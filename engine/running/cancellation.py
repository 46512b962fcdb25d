"""What stops a run from outside: a signal, a time limit, somebody who cancels it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field

from ir.records import dataclass


class Cancelled(Exception):
    """The run was told to stop. What was delivered stays; what was on its way is discarded."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(slots=True)
class Cancellation:
    """Asked between batches, items and attempts, also from other threads. The first reason is the one that is told."""

    reason: str | None = None
    is_held: bool = False
    """Whether what is under way is brought to its end first, such as a message of which half is sent."""
    _told: threading.Event = field(default_factory=threading.Event)
    _stops: dict[int, Callable[[], object]] = field(default_factory=dict)
    """What ends the waits that are under way."""

    def cancel(self, reason: str) -> None:
        if not self._told.is_set():
            self.reason = reason
            self._told.set()
            for stop in list(self._stops.values()):
                with suppress(Exception):
                    stop()

    @contextmanager
    def ending(self, stop: Callable[[], object]) -> Iterator[None]:
        """In the block something is waited for, which `stop` ends from another thread."""
        self._stops[id(stop)] = stop
        try:
            self.check()
            yield
        finally:
            self._stops.pop(id(stop), None)

    @property
    def is_cancelled(self) -> bool:
        return self._told.is_set()

    def check(self) -> None:
        """Stop here if the run is to stop.

        Raises:
            Cancelled: with the reason.
        """
        if self._told.is_set():
            raise Cancelled(self.reason or "it was cancelled")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let a signal wait until the block has ended; whoever asks for a cancellation inside is told at once."""
        self.is_held = True
        try:
            yield
        finally:
            self.is_held = False

    def wait(self, seconds: float) -> None:
        """Sleep so long, or until the run is told to stop.

        Raises:
            Cancelled: with the reason.
        """
        if self._told.wait(max(seconds, 0.0)):
            self.check()
