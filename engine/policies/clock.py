"""The time that waiting and counting goes by; tests put one of their own in its place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field

from engine.running.cancellation import Cancellation
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyClock:
    """Seconds that only grow, and a sleep that a cancellation ends."""

    cancellation: Cancellation
    now: Callable[[], float] = field(default=time.monotonic)

    def sleep(self, seconds: float) -> None:
        """Wait so long.

        Raises:
            Cancelled: the run was told to stop.
        """
        self.cancellation.wait(seconds)
