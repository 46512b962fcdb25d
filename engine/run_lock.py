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
def held(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock; false where another process holds it. Without locks, or a place left, it is true.

    The file of a new lock takes its name only when it is locked, and loses it before it is let go: whoever finds a
    lock file that is free has found a run that is gone.
    """
    with ExitStack() as stack:
        is_ours = True
        if fcntl is not None:
            try:
                if (folder / LOCK).exists():
                    _take(folder / LOCK, stack)
                else:
                    _make(folder, stack)
            except (BlockingIOError, FileExistsError):
                is_ours = False
            except OSError:
                pass
        yield is_ours


def _make(folder: Path, stack: ExitStack) -> None:
    """A lock where there is none."""
    making = folder / f"{LOCK}.{os.getpid()}.part"
    file = os.open(making, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    stack.callback(os.close, file)
    stack.callback(making.unlink, missing_ok=True)
    os.write(file, socket.gethostname().encode())
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        os.link(making, folder / LOCK)  # refused where another process was faster
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.replace(making, folder / LOCK)
    stack.callback((folder / LOCK).unlink, missing_ok=True)
    making.unlink(missing_ok=True)


def _take(lock: Path, stack: ExitStack) -> None:
    """The lock that a run which is gone has left."""
    file = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    stack.callback(os.close, file)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not os.path.samestat(os.fstat(file), lock.stat()):
        raise FileExistsError(lock)
    stack.callback(lock.unlink, missing_ok=True)


def is_held(lock: Path) -> bool:
    """Whether a process of this machine holds the lock."""
    if fcntl is None:
        return False
    try:
        file = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)
    return False


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
