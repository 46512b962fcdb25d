"""A file that a run delivered, opened for whoever asks the service for it: that file and no other one."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import stat
from pathlib import Path
from typing import BinaryIO

from connectors.home import home
from ir.records import dataclass

_TYPES = {
    ".csv": "text/csv; charset=utf-8", ".tsv": "text/tab-separated-values; charset=utf-8", ".json": "application/json",
    ".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson", ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8", ".html": "text/html; charset=utf-8", ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet", ".gz": "application/gzip", ".zst": "application/zstd",
    ".bz2": "application/x-bzip2", ".zip": "application/zip", ".xml": "application/xml",
}  # fmt: skip
_BLOCK = 1 << 20


class NotAsDelivered(Exception):
    """Why a file is not given out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file that is what was delivered; whoever takes it closes `stream`."""

    stream: BinaryIO
    name: str
    media_type: str
    bytes: int


def media_type(name: str) -> str:
    """What a browser is told that the file is."""
    ending = Path(name).suffix.lower()
    return _TYPES.get(ending) or mimetypes.guess_type(name, strict=True)[0] or "application/octet-stream"


def local_path(target: str, *, base: Path, bytes: int | None) -> Path | None:
    """Where the file lies, within the workflow's folder, if one of that size does; None for every other target.

    What lies in the home of the runs (the journal, keys, other runs) is none, wherever that is.
    """
    if not target.startswith("/") or "\0" in target:
        return None
    try:
        real, folder = Path(target).resolve(strict=True), base.resolve(strict=True)
        about = real.stat()
    except (OSError, RuntimeError):
        return None
    is_within = real.is_relative_to(folder) and not real.is_relative_to(home().resolve())
    return real if is_within and stat.S_ISREG(about.st_mode) and about.st_size == bytes else None


def opened(target: str, *, base: Path, bytes: int | None, sha256: str | None) -> OpenedFile:
    """The file that was delivered to `target`.

    No link is followed on the way from the folder to it, so that nobody can put another file in its way meanwhile; and
    what is read has the hash that the run wrote down.

    Raises:
        NotAsDelivered: it is not there any more, is another one by now, or lies elsewhere.
    """
    real = local_path(target, base=base, bytes=bytes)
    if real is None or sha256 is None:
        raise NotAsDelivered("the file does not lie where it was delivered, or is another one by now")
    folder = base.resolve()
    try:
        stream = os.fdopen(_open_below(folder, real.relative_to(folder)), "rb")
    except OSError:
        raise NotAsDelivered("the file cannot be read") from None
    try:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode) or _sha256(stream) != sha256:
            raise NotAsDelivered("the file is another one than was delivered")
        size = stream.tell()
        stream.seek(0)
    except OSError:
        stream.close()
        raise NotAsDelivered("the file cannot be read") from None
    except NotAsDelivered:
        stream.close()
        raise
    name = target.rpartition("/")[2]
    return OpenedFile(stream=stream, name=name, media_type=media_type(name), bytes=size)


def _open_below(folder: Path, path: Path) -> int:
    *folders, name = path.parts
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for each in folders:
            below = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    finally:
        os.close(at)


def _sha256(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
