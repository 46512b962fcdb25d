"""Somebody else may ask a run to stop, by the journal: one thread of this process looks for that, whatever runs."""

from __future__ import annotations

import threading
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

_watched: dict[str, tuple[Recording, Cancellation]] = {}
_lock = threading.Lock()
_changed = threading.Condition(_lock)
_threads: list[threading.Thread] = []


@contextmanager
def watched(recording: Recording, cancellation: Cancellation) -> Iterator[None]:
    """Cancel the run where the journal says that somebody asks for it."""
    with _lock:
        _watched[recording.run_id] = recording, cancellation
        if not _threads:
            _threads.append(threading.Thread(target=_watch, name="watcher", daemon=True))
            _threads[0].start()
    try:
        yield
    finally:
        with _lock:
            _watched.pop(recording.run_id, None)
            _changed.notify_all()


def _watch() -> None:
    pause = FIRST_LOOK_S
    while True:
        with _lock:
            _changed.wait_for(lambda: not _watched, timeout=pause)
            if not _watched:
                _threads.clear()
                return
            found = list(_watched.values())
        pause = EVERY_S
        _look(found)


def _look(found: list[tuple[Recording, Cancellation]]) -> None:
    from connectors.problem import ConnectorProblem
    from engine.journal.runs import asked_to_cancel

    for recording, cancellation in found:
        with suppress(ConnectorProblem, WorkflowError):  # the run meets what is wrong with its journal by itself
            journal = recording.journal
            if journal is not None and asked_to_cancel(journal, [recording.run_id]):
                cancellation.cancel("somebody cancelled it (weirflow runs cancel)")
