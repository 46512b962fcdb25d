"""Files for the workflows that came by the API: each lies in the folder of its workflow, where its runs read it."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from ir.records import dataclass

PREFIX = ".upload-"
"""Of files that are not whole yet; no run sees a name that begins with a point."""
MOST_PARTS, MOST_OF_A_NAME = 10, 200
"""Folders in a path with its name, and bytes of each."""
MOST_LISTED = 10_000
_STALE_S = 3600.0
_ENDINGS = (".yaml", ".yml")
_SAID_WITHIN = 65_536
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class UploadProblem(Exception):
    """Why a file is not taken; `kind` says whose business that is."""

    def __init__(self, message: str, *, kind: str = "path", hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.kind, self.hint = message, kind, hint


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """One file of a workflow's folder."""

    path: str
    bytes: int
    changed_at: str


def checked(path: str) -> tuple[str, ...]:
    """The parts of a relative path.

    Raises:
        UploadProblem: it is none, leads elsewhere, or names what is no data of workflows.
    """
    parts = tuple(path.split("/"))
    if len(parts) > MOST_PARTS or any(len(each.encode()) > MOST_OF_A_NAME for each in parts):
        raise UploadProblem(f"a path has at most {MOST_PARTS} parts of {MOST_OF_A_NAME} bytes")
    if "\ufffd" in path:  # two names that are no UTF-8 would be one
        raise UploadProblem("a path is written in UTF-8")
    if "\\" in path or not path.isprintable() or any(not each.strip() for each in parts):
        raise UploadProblem("a path is relative, as data/orders.csv, in printable characters")
    if any(each.startswith(".") for each in parts):
        raise UploadProblem("no part of a path begins with a point")
    if parts[-1].lower().endswith(_ENDINGS):
        raise UploadProblem("files that end in .yaml or .yml are workflows", hint="put a workflow at /api/workflows")
    return parts


@dataclass(slots=True, kw_only=True)
class Upload:
    """A file on its way: it takes its place, whole, when it is `finish`ed, and leaves nothing when it is not."""

    base: Path
    parts: tuple[str, ...]
    most_bytes: int
    most_in_all: int
    size: int = 0
    is_new: bool = True
    _folder: int = -1
    _file: BinaryIO | None = None
    _name: str = ""
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)
    _start: bytes = b""
    _room: int = 0

    def begin(self, declared: int | None) -> None:
        """Make room for it.

        Raises:
            UploadProblem: here and in `write` and `finish`, with the reason.
        """
        if declared is not None and declared > self.most_bytes:
            raise self._too_large()
        self._folder = _opened(self.base, self.parts[:-1], makes=True)
        self._room = self.most_in_all - (_held_bytes(self.base) - self._old_bytes())
        if (declared or 0) > self._room:
            raise self._no_room()
        self._name = f"{PREFIX}{secrets.token_hex(8)}"
        with _told():
            made = os.open(self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=self._folder)
        self._file = os.fdopen(made, "wb", buffering=0)

    def write(self, block: bytes) -> None:
        assert self._file is not None
        self.size += len(block)
        if self.size > self.most_bytes:
            raise self._too_large()
        if self.size > self._room:
            raise self._no_room()
        self._hash.update(block)
        self._start += block[: max(_SAID_WITHIN - len(self._start), 0)]
        with _told():
            rest = memoryview(block)
            while rest:
                rest = rest[self._file.write(rest) :]

    def finish(self) -> str:
        """Put it in its place, on the disk; the hash of what it holds."""
        assert self._file is not None
        name = self.parts[-1]
        if name.lower().endswith(".json") and b"ir_version" in self._start:
            raise UploadProblem("the file says that it is a workflow", hint="put a workflow at /api/workflows")
        self._old_bytes()  # it may be a folder by now
        if _held_bytes(self.base) > self.most_in_all + self._size_of(name):  # others have come meanwhile
            raise self._no_room()
        with _told():
            os.fsync(self._file.fileno())
            os.replace(self._name, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            self._name = ""
            os.fsync(self._folder)
        return self._hash.hexdigest()

    def close(self) -> None:
        """Let go of it; what was not finished is gone."""
        if self._file is not None:
            self._file.close()
        if self._name:
            with suppress(OSError):
                os.unlink(self._name, dir_fd=self._folder)
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def _old_bytes(self) -> int:
        """The size of the file that it takes the place of."""
        with suppress(FileNotFoundError):
            found = os.stat(self.parts[-1], dir_fd=self._folder, follow_symlinks=False)
            if not stat.S_ISREG(found.st_mode):
                raise UploadProblem(f"{'/'.join(self.parts)} is there, and is no file", kind="conflict")
            self.is_new = False
            return found.st_size
        return 0

    def _size_of(self, name: str) -> int:
        try:
            return os.stat(name, dir_fd=self._folder, follow_symlinks=False).st_size
        except FileNotFoundError:
            return 0

    def _too_large(self) -> UploadProblem:
        return UploadProblem(f"a file has at most {self.most_bytes} bytes", kind="size",
                             hint="upload_bytes in [service] of config.toml")  # fmt: skip

    def _no_room(self) -> UploadProblem:
        return UploadProblem(
            f"the files of a workflow have at most {self.most_in_all} bytes together", kind="size",
            hint="remove some, those that its runs delivered too; or uploads_bytes in [service] of config.toml",
        )  # fmt: skip


def listed(base: Path) -> list[HeldFile]:
    """The files of a workflow by their paths; those that runs delivered there among them."""
    found = []
    for path, about in _files(base):
        if not any(part.startswith(".") for part in path.parts):
            changed = datetime.fromtimestamp(about.st_mtime, UTC).isoformat(timespec="microseconds")
            found.append(HeldFile(path=path.as_posix(), bytes=about.st_size, changed_at=changed))
        if len(found) >= MOST_LISTED:
            break
    return sorted(found, key=lambda each: each.path)


def opened(base: Path, parts: tuple[str, ...]) -> BinaryIO:
    """A file of the folder, to be read.

    Raises:
        FileNotFoundError: there is none, or what is there is no file.
    """
    folder = _opened(base, parts[:-1], makes=False)
    try:
        number = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        raise FileNotFoundError(parts[-1]) from None
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise FileNotFoundError(parts[-1])
    return os.fdopen(number, "rb")


def remove(base: Path, parts: tuple[str, ...]) -> None:
    """Take a file away, and the folders that are empty without it.

    Raises:
        FileNotFoundError: there is none, or what is there is no file.
    """
    opened(base, parts).close()
    folder = _opened(base, parts[:-1], makes=False)
    try:
        os.unlink(parts[-1], dir_fd=folder)
    finally:
        os.close(folder)
    for depth in range(len(parts) - 1, 0, -1):
        try:
            base.joinpath(*parts[:depth]).rmdir()
        except OSError:
            return


def _opened(base: Path, folders: tuple[str, ...], *, makes: bool) -> int:
    """The folder below the base, part by part: none of them is a link."""
    if makes:
        base.mkdir(parents=True, exist_ok=True)
    number = os.open(base, _FOLDER & ~os.O_NOFOLLOW)
    for name in folders:
        try:
            if makes:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=number)
            further = os.open(name, _FOLDER, dir_fd=number)
        except OSError as error:
            if makes and error.errno in {errno.ENOTDIR, errno.ELOOP}:
                raise UploadProblem(f"{name} is there, and is no folder", kind="conflict") from None
            if makes and error.errno in _FULL:
                raise UploadProblem("the disk is full", kind="full") from None
            raise FileNotFoundError(name) from None
        finally:
            os.close(number)
        number = further
    return number


def _held_bytes(base: Path) -> int:
    """All that lies in the folder, files on their way too; those that nobody brings to their end are removed."""
    size, stale = 0, time.time() - _STALE_S
    for path, about in _files(base):
        if path.name.startswith(PREFIX) and about.st_mtime < stale:
            (base / path).unlink(missing_ok=True)
            continue
        size += about.st_size
    return size


def _files(base: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for place, folders, names in os.walk(base):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            with suppress(OSError):
                about = path.lstat()
                if stat.S_ISREG(about.st_mode):
                    yield path.relative_to(base), about


class _told:
    """Names a full disk."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise UploadProblem("the disk is full", kind="full") from None
