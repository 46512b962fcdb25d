"""When a process looks into DBOS' queue, and how many runs it takes from it.

DBOS keeps a queue's settings in its database, the same for all processes, reads them before every look, and looks at
fixed times. Here each process answers for itself: it takes as many runs as it has free slots, and looks as soon as
something has changed in it. DBOS has no public way to say so; its version is pinned, and a test holds it to this one.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from typing import Any

SOON_S, IDLE_S = 0.1, 1.0
"""A look after so long without news, for what other processes have put into the queue: the first, and at most."""
LOST_S = 30.0
"""What DBOS has claimed and not begun after so long holds no slot any more."""


class Turns:
    """Stands between DBOS' loop over a queue and its database."""

    def __init__(self, dbos: Any, queue: str, *, slots: int, first: Callable[[], object]) -> None:
        """`first` is called before each look."""
        self._queue, self._slots, self._first = queue, slots, first
        self._woken, self._ended = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._claimed: dict[str, float] = {}
        self._begun: set[str] = set()
        self._settings: Any = None
        self._pause = SOON_S
        database = dbos._sys_db
        self._stored, self._claims = database.get_queue, database.start_queued_workflows
        database.get_queue, database.start_queued_workflows = self._get_queue, self._claim

    def wake(self) -> None:
        """Look now: there may be something new."""
        self._woken.set()

    def end(self) -> None:
        """Take nothing any more."""
        self._ended.set()
        self._woken.set()

    def begun(self, entry: str) -> None:
        """What was claimed is carried out."""
        with self._lock:
            self._claimed[entry] = time.monotonic()
            self._begun.add(entry)

    def ended(self, entry: str) -> None:
        """It is over, and its slot is free."""
        with self._lock:
            self._claimed.pop(entry, None)
            self._begun.discard(entry)
        self._woken.set()

    @property
    def under_way(self) -> int:
        """So many were begun and are not over."""
        with self._lock:
            return len(self._begun)

    def _get_queue(self, name: str, **options: Any) -> Any:
        """The queue's settings, which DBOS asks for before each look; for as long as nothing happens it waits here."""
        if name != self._queue or options:
            return self._stored(name, **options)
        if self._settings is None:
            self._settings = self._stored(name)
            self._settings._polling_interval_sec = 0.001
            self._settings._worker_concurrency = None  # `_claim` sees to that
        else:
            self._pause = SOON_S if self._woken.wait(self._pause) else min(self._pause * 1.25, IDLE_S)
        self._woken.clear()
        self._first()
        return None if self._ended.is_set() else self._settings  # None ends DBOS' loop

    def _claim(self, queue: Any, *given: Any, **options: Any) -> Any:
        if queue.name != self._queue:
            return self._claims(queue, *given, **options)
        with self._lock:
            late = time.monotonic() - LOST_S
            for each in [one for one, at in self._claimed.items() if at < late and one not in self._begun]:
                del self._claimed[each]
            free = self._slots - len(self._claimed)
        if free <= 0 or self._ended.is_set():
            return [], "worker_concurrency"
        mine = copy.copy(queue)
        mine._worker_concurrency = free
        executor, version, partition, _running, *rest = given
        # Every entry names its version, so that it is of no use to ask which one is the latest.
        claimed, reason = self._claims(mine, executor, version, partition, 0, *rest,
                                       **options | {"is_latest_version": False})  # fmt: skip
        if claimed:
            self._pause = SOON_S
        with self._lock:
            self._claimed |= dict.fromkeys(claimed, time.monotonic())
        return claimed, reason
