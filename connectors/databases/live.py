"""Statements that are being read, so that they can be given up from outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from weakref import ref

import polars as pl

Rows = Generator["pl.DataFrame", None, None]
_PATIENCE_S = 2.0


class Live:
    """The readings of one session. An engine that has enough may keep a stream that it will never ask again."""

    def __init__(self) -> None:
        # not a WeakSet, whose callbacks are a place where Python loses interrupts
        self._readings: list[ref[Rows]] = []

    def watched(self, read: Callable[..., Rows]) -> Callable[..., Rows]:
        """The same reading, which `stop` ends."""

        def start(*about: object) -> Rows:
            reading = read(*about)
            self._readings.append(ref(reading))
            return reading

        return start

    def stop(self) -> None:
        """End what is still open. Nobody may read it any more: rows would be missing without a word."""
        patience = time.monotonic() + _PATIENCE_S
        for reference in self._readings:
            each = reference()
            while each is not None and time.monotonic() < patience:
                try:
                    each.close()
                    break
                except ValueError:  # another thread is just in it
                    time.sleep(0.01)
