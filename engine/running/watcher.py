"""Somebody else may ask a run to stop, by the journal: one thread of this process looks for that, whatever runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ir.diagnostics import WorkflowError

if TYPE_CHECKING:
    from engine.journal.recording import Recording
    from engine.running.cancellation import Cancellation

FIRST_LOOK_S = 1.0
"""Runs that take less are not looked after."""
EVERY_S = 0.3
_LINGERS_S = 5.0
"""So long the thread waits for another run: beginning and ending one takes longer than a small run should wait."""

_watched: dict[str, tuple[Recording, Cancellation, float]] = {}
"""With the time from which on they are looked after."""
_lock = threading.Lock()
_threads: list[threading.Thread] = []


@contextmanager
def watched(recording: Recording, cancellation: Cancellation) -> Iterator[None]:
    """Cancel the run where the journal says that somebody asks for it."""
    with _lock:
        _watched[recording.run_id] = recording, cancellation, time.monotonic() + FIRST_LOOK_S
        if not any(each.is_alive() for each in _threads):  # a process that was forked has none of its parent's
            _threads[:] = [threading.Thread(target=_watch, name="watcher", daemon=True)]
            _threads[0].start()
    try:
        yield
    finally:
        with _lock:
            _watched.pop(recording.run_id, None)


def _watch() -> None:
    last = time.monotonic()
    while True:
        time.sleep(EVERY_S)
        now = time.monotonic()
        with _lock:
            if _watched:
                last = now
            elif now - last > _LINGERS_S:
                _threads.clear()
                return
            found = [(recording, cancellation) for recording, cancellation, first in _watched.values() if first <= now]
        _look(found)


def _look(found: list[tuple[Recording, Cancellation]]) -> None:
    from connectors.problem import ConnectorProblem
    from engine.journal.runs import asked_to_cancel

    for recording, cancellation in found:
        with suppress(ConnectorProblem, WorkflowError):  # the run meets what is wrong with its journal by itself
            journal = recording.journal
            if journal is not None and asked_to_cancel(journal, [recording.run_id]):
                cancellation.cancel("somebody cancelled it (weirflow runs cancel)")
