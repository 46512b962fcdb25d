"""Dropbox's own hash of a content: the SHA-256 of the SHA-256s of its blocks."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import BinaryIO

BLOCK_BYTES = 4 * 1024**2


def content_hash(path: Path) -> str:
    """Of a file."""
    with path.open("rb") as file:
        return hash_of_stream(file)


def hash_of(body: bytes) -> str:
    """Of bytes in memory."""
    return hash_of_stream(io.BytesIO(body))


def hash_of_stream(stream: BinaryIO) -> str:
    """Of what a stream gives."""
    whole = hashlib.sha256()
    while block := stream.read(BLOCK_BYTES):
        whole.update(hashlib.sha256(block).digest())
    return whole.hexdigest()
