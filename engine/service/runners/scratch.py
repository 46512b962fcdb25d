"""The temporary folders of processes of runs. What a service has left that was killed, the next one removes."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from ir.records import dataclass

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = "weirflow-process-"
_NEW_S = 60.0
"""So old a folder has long been locked by whoever made it."""


@dataclass(slots=True)
class Scratch:
    """A folder that is locked as long as the service is there which has made it."""

    path: Path
    _lock: int | None

    @classmethod
    def made(cls) -> Scratch:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        opened = os.open(path, os.O_RDONLY)
        with suppress(OSError):
            if fcntl is not None:
                fcntl.flock(opened, fcntl.LOCK_SH)
        return cls(path, opened)

    def remove(self) -> None:
        """Remove it; once more does nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


def remove_left() -> None:
    """Remove the folders whose services are gone."""
    if fcntl is None:
        return
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            about = path.lstat()
            if about.st_uid == os.getuid() and time.time() - about.st_mtime > _NEW_S:
                _remove_unlocked(path)


def _remove_unlocked(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(opened)
