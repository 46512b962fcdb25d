"""Documents of strangers, read by processes of their own that are ended when one takes too long."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from connectors.documents.document import Document, Limits, Ocr
from connectors.documents.frames import receive, send
from connectors.documents.problems import damaged, too_much
from connectors.problem import ConnectorProblem

_ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE")
"""Of the environment: the rest may hold secrets."""


class DocumentReader:
    """Reads documents one after the other; threads may share it, each document then has a process for itself."""

    def __init__(self, *, limits: Limits | None = None, ocr: Ocr = "never") -> None:
        self._limits = limits or Limits()
        self._ocr = ocr
        self._idle: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._is_closed = False

    def read(self, content: bytes | Path, *, name: str, media_type: str = "") -> Document:
        """The text of a file, whatever it is.

        Raises:
            ConnectorProblem: IR780 without a reader for it, IR781 damaged or locked, IR782 more than a document may
                cost, IR783 a picture.
        """
        if isinstance(content, Path):
            content = self._loaded(content, name)
        if len(content) > self._limits.max_bytes:
            raise too_much(name, f"has more than {self._limits.max_bytes // 1024**2} MB")
        limits = asdict(self._limits)
        words = {"name": name, "media_type": media_type, "ocr": self._ocr, "limits": limits}
        process = self._taken()
        answer, is_late = self._asked(process, words, content)
        if answer is None or is_late:
            _end(process)
        else:
            self._put_back(process)
        if answer is None and is_late:
            raise too_much(name, f"took more than {self._seconds:g} seconds to read")
        if answer is None:
            raise too_much(name, "ended the process that read it, which had no more memory than a document may need")
        if "problem" in answer:
            raise ConnectorProblem(**answer["problem"])
        return Document.from_json(answer["document"])

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for each in idle:
            _end(each)

    def __enter__(self) -> DocumentReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.close()

    @property
    def _seconds(self) -> float:
        return self._limits.max_recognising_s if self._ocr != "never" else self._limits.max_s

    def _loaded(self, path: Path, name: str) -> bytes:
        try:
            with path.open("rb") as stream:
                return stream.read(self._limits.max_bytes + 1)
        except OSError as error:
            raise damaged(name, f"could not be opened: {error.strerror}", hint="check that it is there") from error

    def _taken(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
        return subprocess.Popen(
            # -P: nothing of the current folder is taken for a module. A session of its own: Ctrl-C is for the run.
            [sys.executable, "-P", "-m", "connectors.documents.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={**kept, "PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "2"},
            start_new_session=True,
        )  # fmt: skip

    def _put_back(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if not self._is_closed:
                self._idle.append(process)
                return
        _end(process)

    def _asked(self, process: subprocess.Popen[bytes], words: dict[str, Any],
               content: bytes) -> tuple[dict[str, Any] | None, bool]:  # fmt: skip
        """The answer, None where the process ended, and whether that was for its time."""
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._seconds, end)
        timer.daemon = True
        timer.start()
        try:
            send(cast("IO[bytes]", process.stdin), words, content)
            message = receive(cast("IO[bytes]", process.stdout))
        except OSError:
            message = None
        finally:
            timer.cancel()
        return (message[0] if message is not None else None), late.is_set()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for each in (process.stdin, process.stdout):
        if each is not None:
            try:
                each.close()
            except OSError:
                continue  # the other side has gone with bytes unread
