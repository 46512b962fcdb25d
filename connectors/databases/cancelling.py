"""Statements that a Ctrl-C cancels, also while an engine waits for their first row.

An engine that runs hears of the signal between two batches. Where a database computes for an hour before it sends one,
the statement itself has to end; the signal comes here through Python's wake-up descriptor, whatever the main thread
is doing.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from connectors.attempt import stoppable

_guard = threading.Lock()
_running: dict[int, Callable[[], object]] = {}
_depth = 0


@contextmanager
def cancellable(cancel: Callable[[], object]) -> Iterator[None]:
    """A statement runs in the block, which `cancel` stops."""
    key = id(cancel)
    with _guard:
        _running[key] = cancel
    try:
        with stoppable(cancel):
            yield
    finally:
        with _guard:
            _running.pop(key, None)


def cancel_all() -> None:
    """Stop the statements that run now."""
    with _guard:
        running = list(_running.values())
    for each in running:
        with suppress(Exception):
            each()


@contextmanager
def cancelled_by_interrupts() -> Iterator[None]:
    """In the main thread a Ctrl-C in the block stops the statements that run; elsewhere nothing is different."""
    global _depth
    if threading.current_thread() is not threading.main_thread() or _depth:
        yield
        return
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    if before != -1:  # an event loop listens already, and must go on to
        signal.set_wakeup_fd(before)
        ours.close()
        theirs.close()
        yield
        return
    told = threading.Event()
    watcher = threading.Thread(target=_watch, args=(ours, told), daemon=True, name="weirflow-interrupts")
    watcher.start()
    _depth = 1
    try:
        yield
    finally:
        _depth = 0
        signal.set_wakeup_fd(before)
        theirs.close()
        watcher.join(timeout=5)
        ours.close()
        if told.is_set():
            # Python loses the interrupt where it comes in the middle of a finalizer, and an engine then takes a
            # stream that was broken off for one that ended
            raise KeyboardInterrupt


def _watch(signals: socket.socket, told: threading.Event) -> None:
    while numbers := signals.recv(64):
        if signal.SIGINT in numbers:
            told.set()
            cancel_all()
