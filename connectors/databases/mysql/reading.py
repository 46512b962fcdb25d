"""The rows of statements, read by processes that run the driver."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

import polars as pl

from connectors.databases.cancelling import cancellable
from connectors.databases.mysql import driver
from connectors.databases.mysql.driver import BATCH, END

if TYPE_CHECKING:
    from subprocess import Popen

_MOST_IDLE = 2
"""So many processes wait for another statement: starting one takes a third of a second."""


class DriverFailed(Exception):
    """What the driver, or the server through it, said."""


def read(url: str, statement: str, *, session: Sequence[str], batch_rows: int) -> Iterator[pl.DataFrame]:
    """The batches of a statement's rows, at least one. Who stops reading early ends the statement.

    Raises:
        DriverFailed: the statement failed, or the process that ran it is gone.
    """
    process = _DRIVERS.take()
    is_done = False
    try:
        request = {"url": url, "statement": statement, "session": list(session), "batch_rows": batch_rows}
        with cancellable(process.kill):
            yield from _batches(process, json.dumps(request))
        is_done = True
    except DriverFailed:
        is_done = process.poll() is None
        raise
    finally:
        if is_done:
            _DRIVERS.give_back(process)
        else:
            _end(process)


def _batches(process: Popen[bytes], request: str) -> Iterator[pl.DataFrame]:
    requests, answers = process.stdin, process.stdout
    assert requests is not None
    assert answers is not None
    try:
        requests.write(request.encode() + b"\n")
        requests.flush()
    except OSError as error:
        raise DriverFailed("the driver's process is gone") from error
    while True:
        letter = answers.read(1)
        content = _exactly(answers, int.from_bytes(_exactly(answers, 8), "big")) if letter else b""
        if letter == BATCH:
            yield pl.read_ipc_stream(content, use_pyarrow=False)
        elif letter == END:
            return
        elif letter:
            raise DriverFailed(content.decode(errors="replace"))
        else:
            raise DriverFailed(f"the driver's process ended with {process.wait()}")


def _exactly(answers: IO[bytes], count: int) -> bytes:
    content = answers.read(count)
    if len(content) < count:
        raise DriverFailed("the driver's process ended in the middle of an answer")
    return content


class _Drivers:
    """The processes that have nothing to do."""

    def __init__(self) -> None:
        self._idle: list[Popen[bytes]] = []
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def take(self) -> Popen[bytes]:
        with self._lock:
            if self._pid != os.getpid():  # a fork must not use its parent's
                self._idle, self._pid = [], os.getpid()
            while self._idle:
                process = self._idle.pop()
                if process.poll() is None:
                    return process
        # -P: no folder stands before Python's own modules, neither that of the run nor the driver's.
        # Its warnings are for nobody, and the backtrace of a panic still less.
        return subprocess.Popen(
            [sys.executable, "-P", driver.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={**os.environ, "RUST_BACKTRACE": "0", "RUST_LOG": "off"},
        )  # fmt: skip

    def give_back(self, process: Popen[bytes]) -> None:
        with self._lock:
            if len(self._idle) < _MOST_IDLE and process.poll() is None:
                self._idle.append(process)
                return
        _end(process)

    def end(self) -> None:
        with self._lock:
            processes, self._idle = self._idle, []
        if self._pid == os.getpid():
            for each in processes:
                _end(each)


def _end(process: Popen[bytes]) -> None:
    process.kill()
    for each in (process.stdin, process.stdout):
        if each is not None:
            with contextlib.suppress(OSError):
                each.close()
    process.wait()


_DRIVERS = _Drivers()
atexit.register(_DRIVERS.end)
