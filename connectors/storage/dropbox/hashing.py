"""Dropbox's own hash of a content: the SHA-256 of the SHA-256s of its blocks."""

from __future__ import annotations

import hashlib
from pathlib import Path

BLOCK_BYTES = 4 * 1024**2


def content_hash(path: Path) -> str:
    """Of a file."""
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            whole.update(hashlib.sha256(block).digest())
    return whole.hexdigest()


def hash_of(body: bytes) -> str:
    """Of bytes in memory."""
    whole = hashlib.sha256()
    for start in range(0, len(body), BLOCK_BYTES):
        whole.update(hashlib.sha256(body[start : start + BLOCK_BYTES]).digest())
    return whole.hexdigest()
