"""The lock in the folder of a run: held while the run lives, and let go by the system when it is killed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where folders of killed runs stay
    fcntl = None  # type: ignore[assignment]

LOCK = "lock"
"""The name of the file that is locked; in it stands the host."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. Where there are no locks, or no place left, the run goes on without one.

    The file takes its name only when it is locked, and loses it before it is let go: whoever finds a lock file that is
    free has found a run that is gone.
    """
    with ExitStack() as stack:
        if fcntl is not None:
            with suppress(OSError):
                _lock(folder, stack)
        yield


def _lock(folder: Path, stack: ExitStack) -> None:
    making = folder / f"{LOCK}.part"
    file = os.open(making, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    stack.callback(os.close, file)
    stack.callback(making.unlink, missing_ok=True)
    os.write(file, socket.gethostname().encode())
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.replace(making, folder / LOCK)
    stack.callback((folder / LOCK).unlink, missing_ok=True)


@contextmanager
def taken_over(lock: Path) -> Iterator[bool]:
    """Whether the run that held this lock is gone; as long as the context lasts, nobody else takes its folder over.

    It is never said of a run of another user or another host: across a network a lock may look free that is not.
    """
    with ExitStack() as stack:
        is_gone = False
        if fcntl is not None:
            with suppress(OSError):
                is_gone = _is_free(lock, stack)
        yield is_gone


def _is_free(lock: Path, stack: ExitStack) -> bool:
    file = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    stack.callback(os.close, file)
    found = os.fstat(file)
    if found.st_uid != os.getuid() or os.read(file, 1000) != socket.gethostname().encode():
        return False
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return os.path.samestat(found, lock.stat())
