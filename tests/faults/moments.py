"""The moments at which a run is killed, and what counts them inside the process that is to die."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal, TextIO

MomentKind = Literal["event", "effect", "call", "commit", "wire", "delay", "none"]

COUNTED: tuple[MomentKind, ...] = ("event", "effect", "call", "commit")
"""The kinds that the process itself counts, and so dies at exactly: the n-th line of its JSON log, the n-th change of
the file system or connection it is about to make, the n-th call of a function that delivers, the n-th transaction of
the journal (odd: before it is committed, even: after)."""
_EFFECTS = {
    "open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree",
    "shutil.copymode", "socket.connect", "sqlite3.connect", "fcntl.flock",
}  # fmt: skip
_DELIVERING = ("/engine/running/", "/engine/journal/", "/engine/output", "/engine/executor", "/engine/messages/",
               "/engine/file_delivering", "/engine/table_delivering", "/engine/split_output", "/engine/spool",
               "/engine/run", "/engine/dead_letters", "/engine/increments/", "/connectors/storage/",
               "/connectors/messages/", "/connectors/databases/", "/connectors/files/", "/connectors/plugins/",
               "/engine/effects/", "/engine/plugin_operations/", "/engine/ai_operations/",
               "/connectors/ai/")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """Kill at the `n`-th of its kind, or after `seconds`. `none` lets the process live and counts all but calls."""

    kind: MomentKind
    n: int = 0
    seconds: float = 0.0
    after: bool = False
    """On a wire: once the server has the bytes, before anybody hears of it."""

    def __str__(self) -> str:
        match self.kind:
            case "delay":
                return f"after {self.seconds:.3f} s"
            case "wire":
                return f"{'after' if self.after else 'before'} packet {self.n} reaches the server"
            case "none":
                return "never"
        return f"{self.kind} {self.n}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Counting:
    """Counts what the process does, and ends it at its moment as the system would: without a word."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self.counts: Counter[str] = Counter()
        self._lock = threading.RLock()  # a finalizer may run in the middle of counting

    def count(self, kind: str) -> None:
        with self._lock:
            self.counts[kind] += 1
            is_now = kind == self._moment.kind and self.counts[kind] == self._moment.n
        if is_now:
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()

    def install(self) -> None:
        sys.stderr = _Lines(sys.stderr, self.count)  # type: ignore[assignment]
        if self._moment.kind in {"effect", "none"}:
            sys.addaudithook(self._audit)
            self._wrap_sync()
        if self._moment.kind in {"commit", "none"}:
            self._listen()
        if self._moment.kind == "call":  # slow: it is never counted beside the others
            threading.setprofile(self._profile)
            sys.setprofile(self._profile)

    def save(self, path: Path) -> None:
        sys.setprofile(None)
        with self._lock:
            path.write_text(json.dumps(self.counts))

    def _audit(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name in _EFFECTS and (name != "open" or _writes(arguments)):
            self.count("effect")

    def _wrap_sync(self) -> None:
        sync = os.fsync

        def counted(file: Any) -> None:
            self.count("effect")
            sync(file)

        os.fsync = counted

    def _listen(self) -> None:
        from sqlalchemy import Engine, event

        from engine.journal import plain

        event.listen(Engine, "commit", lambda connection: self.count("commit"))
        event.listen(Engine, "checkin", lambda *_: self.count("commit"))
        commit = plain.commit

        def counted(connection: Any) -> None:
            self.count("commit")
            commit(connection)
            self.count("commit")

        plain.commit = counted

    def _profile(self, frame: FrameType, what: str, argument: object) -> None:
        if what == "call" and any(each in frame.f_code.co_filename for each in _DELIVERING):
            self.count("call")


def _writes(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    if isinstance(mode, str):
        return not mode.startswith("r") or "+" in mode
    return bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


class _Lines:
    """A stream that counts its lines once they are written."""

    def __init__(self, stream: TextIO, count: Callable[[str], None]) -> None:
        self._stream = stream
        self._count = count

    def write(self, text: str) -> int:
        written = self._stream.write(text)
        if "\n" in text:
            self._stream.flush()
            self._count("event")
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
