"""Processes of weirflow without the second that importing it takes: forked from one that has imported everything.

Each is a process of its own, which may be killed, stopped by signals and waited for, with its own environment, folder
and streams. What is measured or has to be imported afresh is started as usual.
"""

from __future__ import annotations

import array
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
IS_MEASURED = any(name.startswith("COV") for name in os.environ)
"""Under coverage each process reports by itself, when it ends as usual."""


@dataclass(slots=True)
class WarmProcess:
    """A process that was forked; the face of subprocess.Popen, as far as the tests look at it."""

    pid: int
    args: Sequence[str]
    stdout: IO[str]
    stderr: IO[str] | None
    stdin: IO[str] | None
    _line: socket.socket
    returncode: int | None = field(default=None, init=False)

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                told = self._line.recv(16)
            except TimeoutError:
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0) from None
            self._line.close()
            self.returncode = os.waitstatus_to_exitcode(int(told)) if told else -signal.SIGKILL
        return self.returncode

    def poll(self) -> int | None:
        if self.returncode is None:
            try:
                self.wait(timeout=0.0001)
            except subprocess.TimeoutExpired:
                return None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it says until it ends."""
        said = {"err": ""}

        def read() -> None:
            said["err"] = self.stderr.read() if self.stderr is not None else ""

        reading = threading.Thread(target=read, daemon=True)
        reading.start()
        watch = threading.Timer(timeout, self.kill) if timeout is not None else None
        if watch is not None:
            watch.start()
        out = self.stdout.read()
        reading.join()
        if watch is not None:
            watch.cancel()
        self.wait()
        return out, said["err"]


def started(arguments: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | str | None = None,
            program: str | None = None, joined: bool = False, is_told: bool = False
            ) -> WarmProcess | subprocess.Popen[str]:  # fmt: skip
    """`weirflow` with these arguments, or a `program` of Python; with `joined` stderr goes where stdout goes, and one
    that `is_told` has a stdin to write into."""
    if IS_MEASURED:
        command = [sys.executable, *(("-m", "engine.cli") if program is None else ("-c", program)), *arguments]
        return subprocess.Popen(command, env=dict(env) if env is not None else None, cwd=cwd, text=True,
                                stdin=subprocess.PIPE if is_told else subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT if joined else subprocess.PIPE)  # fmt: skip
    out, err = os.pipe(), None if joined else os.pipe()
    read, told = os.pipe() if is_told else (os.open(os.devnull, os.O_RDONLY), None)
    line = asked(place(), arguments, [read, out[1], out[1] if err is None else err[1]], program=program,
                 env=dict(os.environ if env is None else env), cwd=str(cwd or Path.cwd()))  # fmt: skip
    for each in {read, out[1], *([] if err is None else [err[1]])}:
        os.close(each)
    pid = int(line.recv(16))
    return WarmProcess(pid, ["weirflow", *arguments], os.fdopen(out[0], encoding="utf-8"),
                       None if err is None else os.fdopen(err[0], encoding="utf-8"),
                       None if told is None else os.fdopen(told, "w", encoding="utf-8"), line)  # fmt: skip


def ran(arguments: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | str | None = None,
        program: str | None = None, timeout: float = 300) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """What such a process says until it ends, and its exit code."""
    process = started(arguments, env=env, cwd=cwd, program=program)
    out, err = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(list(arguments), process.wait(), out, err)


def asked(at: str, arguments: Sequence[str], streams: Sequence[int], **more: Any) -> socket.socket:
    """The line to a process that was asked for: it tells its id, and how it ended."""
    line = socket.socket(socket.AF_UNIX)
    line.connect(at)
    text = json.dumps({"arguments": list(arguments), **more}).encode()
    sent = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))]
    line.sendmsg([len(text).to_bytes(4, "big")], sent)
    line.sendall(text)
    return line


_PLACE: list[str] = []


def place() -> str:
    """The socket of this process's warm one, which is started by the first who asks."""
    if not _PLACE:
        folder = tempfile.TemporaryDirectory(prefix="weirflow-warm-")
        at = f"{folder.name}/line"
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen([sys.executable, "-m", "tests.warm_server", at], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, env=environment, cwd=ROOT)  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"

        def end() -> None:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)
            folder.cleanup()

        atexit.register(end)
        _PLACE.append(at)
    return _PLACE[0]


def script(folder: Path) -> Path:
    """A program `weirflow` in the folder, for shells that have it on their path."""
    file = folder / "weirflow"
    if IS_MEASURED:
        file.symlink_to(Path(sys.executable).parent / "weirflow")
        return file
    file.write_text(_SCRIPT.format(python=sys.executable, place=place()))
    file.chmod(0o755)
    return file


_SCRIPT = """\
#!{python} -IS
import array, json, os, signal, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect({place!r})
text = json.dumps({{"arguments": sys.argv[1:], "program": None, "env": dict(os.environ), "cwd": os.getcwd()}}).encode()
line.sendmsg([len(text).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
line.sendall(text)
pid = int(line.recv(16))
for each in (signal.SIGINT, signal.SIGTERM):
    signal.signal(each, lambda number, frame: os.kill(pid, number))
code = os.waitstatus_to_exitcode(int(line.recv(16)))
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""
