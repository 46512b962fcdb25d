"""What a process did with the items it had claimed, in a file of the run's folder that outlives the process.

Claims and notes reach the journal's disk in groups. This file has no such wait: it is written into the memory of the
system, which a process that is killed leaves behind and a power failure does not. So it proves nothing once the machine
was started anew, and nothing as long as its writer lives: then what was claimed may have been sent.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from connectors.problem import ConnectorProblem
from ir.records import dataclass

try:
    import fcntl
except ImportError:  # Windows, where nothing is proven
    fcntl = None  # type: ignore[assignment]

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a process that is gone did: the items that it began to send, and the last note of those that came to an
    end. What is in neither was not sent."""

    begun: frozenset[int]
    ended: Mapping[int, Mapping[str, Any]]


class ItemLog:
    """The file of one process and delivery. It is locked until it is closed."""

    def __init__(self, name: str, path: Path, file: int) -> None:
        self.name, self._path, self._file = name, path, file
        self._writing = threading.Lock()
        self._refusal: int | None = None
        """The number of the error with which nothing is written any more."""

    @classmethod
    def new(cls, folder: Path, mark: str) -> ItemLog | None:
        """A new file of the delivery with this mark; None where none can be made that would prove anything."""
        boot = _boot()
        if boot is None or fcntl is None:
            return None
        name = f"{mark}-{secrets.token_hex(6)}"
        path = folder / f"{name}.log"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            log = cls(name, path, file)
            log._write(boot)
        except OSError:
            os.close(file)
            return None
        return log

    def begin(self, item: int) -> None:
        """Write down that the item is sent now.

        Raises:
            ConnectorProblem: IR507 where the file cannot be written.
        """
        try:
            self._write(f"begun {item}")
        except OSError as error:
            raise ConnectorProblem("IR507", f"{self._path.parent} cannot be written: {str(error.strerror).lower()}",
                                   hint="set WEIRFLOW_HOME to a folder that can be written") from error  # fmt: skip

    def end(self, item: int, row: Mapping[str, Any]) -> None:
        """Write down what became of it, for the case that the process dies before the journal has it."""
        with suppress(OSError):  # it stays begun, and the journal gets it
            self._write(f"ended {item} {_json(row)}")

    def close(self, *, is_needed: bool) -> None:
        """Let the file go; it stays only where the journal does not know all of it."""
        if not is_needed:
            self._path.unlink(missing_ok=True)
            with suppress(OSError):  # others are there
                self._path.parent.rmdir()
        with self._writing:
            self._refusal = errno.EBADF  # another file may have its number by the time that somebody is late
            os.close(self._file)

    def _write(self, line: str) -> None:
        content = f"{line}\n".encode()
        with self._writing:
            if self._refusal is None:
                self._refusal = errno.ENOSPC  # nothing may follow half a line
                if os.write(self._file, content) == len(content):
                    self._refusal = None
            if self._refusal is not None:
                raise OSError(self._refusal, os.strerror(self._refusal))


def _json(row: Mapping[str, Any]) -> str:
    """In one line. Python's own writer is set up anew each time, which takes longer than a row."""
    try:
        return to_json(row).decode()
    except ValueError:  # half a character
        return json.dumps(row)


def proof(folder: Path, name: str) -> Proof | None:
    """What the process that wrote the file did; None where nobody can tell."""
    file = _opened(folder / f"{name}.log")
    if file is None:
        return None
    try:
        with open(file, encoding="utf-8", closefd=False) as lines:
            [boot, *said, _] = lines.read().split("\n")  # half a line, if any, was followed by nothing
        return _told(said) if boot == _boot() else None
    except (OSError, ValueError):
        return None
    finally:
        os.close(file)


def remove_logs(folder: Path, mark: str) -> None:
    """Remove the files of a delivery whose writers are gone, once the journal knows what they say."""
    for each in folder.glob(f"{mark}-*.log"):
        file = _opened(each)
        if file is not None:
            each.unlink(missing_ok=True)
            os.close(file)


def _opened(path: Path) -> int | None:
    """The file, where its writer is gone."""
    if fcntl is None:
        return None
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _told(lines: Sequence[str]) -> Proof:
    begun, ended = set[int](), dict[int, Mapping[str, Any]]()
    for line in lines:
        what, item, *rest = line.split(" ", 2)
        begun.add(int(item))
        if what == "ended":
            ended[int(item)] = json.loads(rest[0])
        else:
            ended.pop(int(item), None)
    return Proof(begun=frozenset(begun), ended=ended)


@cache
def _boot() -> str | None:
    """What tells one start of the machine from another; None where the system does not say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return None
