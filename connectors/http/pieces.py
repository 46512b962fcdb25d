"""Bodies of several pieces, of which files are read as they go out: none of it has to be in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from ir.records import dataclass

_BLOCK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class FilePart:
    """Bytes of a file from `start`, `length` of them."""

    path: Path
    start: int
    length: int

    @classmethod
    def whole(cls, path: Path) -> FilePart:
        return cls(path, 0, path.stat().st_size)

    def read(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(self.length)


Pieces = tuple[bytes | FilePart, ...]


def size_of(pieces: Pieces) -> int:
    """How many bytes they are."""
    return sum(len(each) if isinstance(each, bytes) else each.length for each in pieces)


def joined(pieces: Pieces) -> bytes:
    """All of them in memory."""
    return b"".join(each if isinstance(each, bytes) else each.read() for each in pieces)


async def streamed(pieces: Pieces) -> AsyncIterator[bytes]:
    """Their bytes, block by block.

    Raises:
        OSError: a file has become shorter meanwhile.
    """
    for each in pieces:
        if isinstance(each, bytes):
            yield each
            continue
        with each.path.open("rb") as file:
            file.seek(each.start)
            left = each.length
            while left:
                block = await asyncio.to_thread(file.read, min(left, _BLOCK_BYTES))
                if not block:
                    raise OSError("the file has become shorter")
                left -= len(block)
                yield block
