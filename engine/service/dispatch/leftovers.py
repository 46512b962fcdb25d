"""The process of a run that was taken over may live on this machine still: it is ended before the run goes on."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from engine.journal.journal import Journal
from engine.journal.runs import find_run
from engine.run_lock import LOCK, is_held

WITHIN_S = 5.0
CHILD = b"engine.service.runners.child"


def end_leftover(journal: Journal, run_id: str) -> None:
    """Kill the process that holds the run's folder, where it is one of a service on this machine."""
    record = find_run(journal, run_id)
    if record is None or record.host != socket.gethostname():
        return
    lock = Path(record.folder) / LOCK
    if not is_held(lock) or not is_child(record.pid):
        return
    with suppress(ProcessLookupError, PermissionError):
        os.kill(record.pid, signal.SIGKILL)
    until = time.monotonic() + WITHIN_S
    while is_held(lock) and time.monotonic() < until:
        time.sleep(0.02)


def is_child(pid: int) -> bool:
    """Whether the process carries runs out; the number may be that of another one by now."""
    try:
        return CHILD in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
