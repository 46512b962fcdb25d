"""One thread that writes for many: what comes while the disk is busy is written together, in the next transaction."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Entry = TypeVar("Entry")

GATHER_S = 0.004
MANY = 4
"""After a transaction with so many entries the next one waits a moment for further ones: each transaction costs as much
as writing a hundred entries."""
_MOST_BYTES_AT_ONCE = 16_000_000


def _no_size(entry: object) -> int:
    return 0


class GroupCommit(Generic[Entry]):
    """Writes entries in the order in which they were put, by `write`, which tells whoever waits and never raises."""

    def __init__(
        self, write: Callable[[Sequence[Entry]], object], *, name: str, most_at_once: int,
        size: Callable[[Entry], int] = _no_size,
    ) -> None:  # fmt: skip
        self._write = write
        self._most_at_once, self._size = most_at_once, size
        self._waiting: deque[Entry] = deque()
        self._lock = threading.Lock()
        self._some, self._told = threading.Event(), threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self.bytes = 0
        """How much waits."""

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self) -> None:
        self._thread.start()

    def put(self, entry: Entry, *, is_urgent: bool = True) -> None:
        """Have an entry written; one for which nobody waits yet is written together with those of the next moment."""
        with self._lock:
            self._waiting.append(entry)
            self.bytes += self._size(entry)
        if is_urgent:
            self._told.set()
        if not self._some.is_set():
            self._some.set()

    def hurry(self) -> None:
        """Somebody waits for what was put."""
        self._told.set()
        self._some.set()

    def stop(self, within_s: float | None = None) -> None:
        """Write what waits, and end."""
        self._is_stopping = True
        self.hurry()
        if self._thread.ident is not None:
            self._thread.join(within_s)

    def _work(self) -> None:
        while True:
            self._some.wait()
            self._told.wait(GATHER_S)
            self._some.clear()
            self._told.clear()
            while taken := self._taken():
                self._write(taken)
                if len(taken) >= MANY:
                    time.sleep(GATHER_S)
            if self._is_stopping:
                return

    def _taken(self) -> list[Entry]:
        found: list[Entry] = []
        size = 0
        with self._lock:
            while self._waiting and len(found) < self._most_at_once and size < _MOST_BYTES_AT_ONCE:
                found.append(self._waiting.popleft())
                size += self._size(found[-1])
            self.bytes -= size
        return found
