"""Who writes into a file next: threads of a process wait for each other here."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_lock = threading.Lock()
_turns: dict[tuple[int, str], threading.RLock] = {}


def turn_of(file: Path | str) -> threading.RLock:
    """Held while a transaction writes into the file. Only one at once can: the thread that came first is the first to
    go on, rather than ask the file over and over."""
    key = (os.getpid(), str(file))
    with _lock:
        return _turns.setdefault(key, threading.RLock())
