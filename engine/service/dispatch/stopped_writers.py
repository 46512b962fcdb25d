"""A process that is stopped in the middle of a write into a SQLite file keeps its lock on it, and nobody else of the
service can write any more, for as long as it stands. Where it is one of the service, it is continued.

Linux alone lists who locks what (proc_locks(5)). Opening and closing one of these files here would let go of the locks
that this process itself has on it (fcntl(2)), so that none is opened.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, select
from sqlalchemy.exc import SQLAlchemyError

from engine.journal.place import journal_url, reading_engine
from engine.journal.tables import workers
from engine.service.dispatch.leftovers import is_child
from engine.service.dispatch.port import dispatch_url

LOCKS = Path("/proc/locks")
_LOG = logging.getLogger("weirflow.service")
LOOKS = 20
"""So many within a lease."""
PATIENCE = 0.2
"""This part of a lease a process may stand so; all have their leases still when it goes on."""
STOPPED, TRACED = "T", "t"
"""By a signal, and by a debugger: proc_pid_stat(5)."""
MOST_ANCESTORS = 5


class StoppedWriters:
    """Looks for them in each process of a service whose journal is a SQLite file, on Linux. It writes nothing there,
    and may start before anybody can."""

    def __init__(self, *, lease_s: float) -> None:
        self._lease_s = lease_s
        self._url = journal_url()
        self._files = _files(self._url)
        self._since: dict[int, float] = {}
        self._told: set[int] = set()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="stopped-writers", daemon=True)

    def __enter__(self) -> None:
        if self._files and LOCKS.exists():
            self._thread.start()

    def __exit__(self, *stopped: object) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(1)

    def look(self) -> None:
        """Continue those that have stood for long enough, and tell of those that it cannot continue."""
        now = time.monotonic()
        found = {pid: state for pid in _lockers(self._files) if (state := _state(pid)) in {STOPPED, TRACED}}
        self._since = {pid: self._since.get(pid, now) for pid in found}
        self._told &= set(found)
        for pid, state in found.items():
            if now - self._since[pid] < self._lease_s * PATIENCE:
                continue
            if state == STOPPED and self._is_ours(pid) and self._continued(pid):
                del self._since[pid]  # one that is stopped again is continued again
            elif pid not in self._told:
                self._told.add(pid)
                _LOG.error("process %d is stopped and has the journal locked: no run begins or ends until it is "
                           "continued or killed", pid)  # fmt: skip

    def _continued(self, pid: int) -> bool:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:  # it is gone, and its lock with it
            return True
        except PermissionError:
            return False
        _LOG.warning("continued process %d of the service, which was stopped with the journal locked", pid)
        return True

    def _is_ours(self, pid: int) -> bool:
        ours = _pids_of_workers(self._url)
        above: int | None = pid
        for _ in range(MOST_ANCESTORS):
            if above is None:
                return False
            if above in ours or is_child(above):
                return True
            above = _parent(above)
        return False

    def _work(self) -> None:
        while not self._ending.wait(self._lease_s / LOOKS):
            try:
                self.look()
            except Exception:  # a mistake of ours; nobody else looks
                _LOG.exception("looking for stopped processes went wrong")


def _files(url: URL) -> list[Path]:
    """What SQLite takes locks on: a file, and in WAL mode the index of its log (https://sqlite.org/walformat.html)."""
    if url.drivername != "sqlite" or not url.database:
        return []
    found = [Path(url.database), Path(str(dispatch_url(url).database))]
    return [each.with_name(each.name + end) for each in found for end in ("", "-shm")]


def _pids_of_workers(url: URL) -> set[int]:
    """The processes of the service on this machine, without a wait for who writes."""
    engine = reading_engine(url)
    if engine is None:
        return set()
    here = (workers.c.host == socket.gethostname()) & (workers.c.status != "gone")
    try:
        with engine.connect() as connection:
            return set(connection.execute(select(workers.c.pid).where(here)).scalars())
    except SQLAlchemyError:  # it has no tables yet, or cannot be read
        return set()
    finally:
        engine.dispose()


def _lockers(files: list[Path]) -> set[int]:
    """The processes that have locked one of the files, or a part, against all others."""
    inodes = set()
    for each in files:
        with suppress(OSError):
            inodes.add(str(each.stat().st_ino))
    found = set()
    for line in LOCKS.read_text().splitlines():
        match line.split():
            case [_, "POSIX", _, "WRITE", pid, place, *_] if place.rpartition(":")[2] in inodes:
                found.add(int(pid))
    # The device stands there too, but not always as stat(2) has it (overlayfs, btrfs): see who has the file open.
    return {pid for pid in found if pid > 0 and pid != os.getpid() and _may_have_open(pid, files)}


def _may_have_open(pid: int, files: list[Path]) -> bool:
    try:
        held = list(Path(f"/proc/{pid}/fd").iterdir())
    except PermissionError:  # another user's, of which the locks alone tell
        return True
    except OSError:
        return False
    for each in held:
        with suppress(OSError):
            there = each.stat()
            if any(os.path.samestat(there, file.stat()) for file in files if file.exists()):
                return True
    return False


def _state(pid: int) -> str:
    return _stat(pid)[0]


def _parent(pid: int) -> int | None:
    found = int(_stat(pid)[1])
    return found if found > 1 else None


def _stat(pid: int) -> tuple[str, str]:
    """The state of a process and the one that started it; of one that is gone, none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return "", "0"
    state, parent, *_ = text.rpartition(")")[2].split()  # its name stands in parentheses, and may hold any
    return state, parent
