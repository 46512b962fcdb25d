"""What stays open from one step of a run to the next, and is closed behind the run, whoever opened it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_closers: list[Callable[[], None]] = []
_runs = 0
_guard = threading.Lock()


@contextmanager
def kept_for_a_run() -> Iterator[None]:
    """Behind the last run of this process that is under way, what nobody uses is closed."""
    global _runs
    with _guard:
        _runs += 1
    try:
        yield
    finally:
        with _guard:
            _runs -= 1
            is_last = not _runs
        if is_last:
            for close in _closers:
                close()


def closed_behind_runs(close: Callable[[], None]) -> Callable[[], None]:
    """Let `close` be called behind runs."""
    _closers.append(close)
    return close


def is_in_a_run() -> bool:
    """Whether a run is under way in this process."""
    return _runs > 0
