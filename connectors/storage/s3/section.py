"""A part of a file as a file of its own, so that it is sent without being in memory."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from pathlib import Path

_BLOCK_BYTES = 1024**2


class Section(io.RawIOBase):
    """The bytes of a file from `start`, at most `length` of them.

    A request that broke off may still be reading in a thread of its own when the next attempt goes back to the start: a
    read is whole before or after that, so that no attempt begins in the middle.
    """

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._file = path.open("rb")
        self._start = start
        self._length = min(length, path.stat().st_size - start)
        self._at = 0
        self._moving = threading.Lock()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with self._moving:
            self._at = max(offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence], 0)
            return self._at

    def read(self, size: int | None = -1) -> bytes:
        with self._moving:
            left = max(self._length - self._at, 0)
            self._file.seek(self._start + self._at)
            found = self._file.read(left if size is None or size < 0 else min(size, left))
            self._at += len(found)
            return found

    def close(self) -> None:
        self._file.close()
        super().close()

    def md5(self) -> str:
        """As a request names it; the section is at its start again afterwards."""
        found = hashlib.md5(usedforsecurity=False)
        self.seek(0)
        while block := self.read(_BLOCK_BYTES):
            found.update(block)
        self.seek(0)
        return base64.b64encode(found.digest()).decode()
