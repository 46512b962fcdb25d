"""The process that the warm ones are forked from: it has imported what a run needs, and run nothing itself."""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from contextlib import suppress
from typing import Any

MODULES = (
    "duckdb", "polars", "pyarrow", "sqlalchemy", "yaml", "rich.table", "weirflow", "engine.cli.main", "engine.cli.run",
    "engine.cli.closing", "engine.cli.progress", "engine.compiler", "engine.duckdb_session", "engine.polars_frames",
    "engine.run", "engine.running.attempt", "engine.journal.runs", "engine.journal.deliveries", "ir.yaml_syntax",
    "engine.resume", "engine.messages.compiling", "engine.database_deliveries", "connectors.files.xlsx_writer",
)  # fmt: skip


def serve(at: str) -> None:
    """Fork a process for everybody who asks, until stdin ends."""
    for each in MODULES:
        importlib.import_module(each)
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(at)
    listener.listen(64)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    os.set_blocking(reading, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the tests, who end this by its stdin
    lines: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        for each in (listener, reading, 0):
            selector.register(each, selectors.EVENT_READ)
        print("ready", flush=True)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if 0 in ready:
                return
            if reading in ready:
                os.read(reading, 4096)
                _tell(lines)
            if listener in ready:
                line, _ = listener.accept()
                asked, streams = _read(line)
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    signal.signal(signal.SIGINT, signal.default_int_handler)
                    for other in (listener, line, *lines.values()):
                        other.close()
                    os.close(reading)
                    os.close(writing)
                    selector.close()
                    _become(asked, streams)
                for each in streams:
                    os.close(each)
                lines[pid] = line
                line.sendall(str(pid).encode())


def _tell(lines: dict[int, socket.socket]) -> None:
    """Tell those who wait how their processes ended."""
    for pid in list(lines):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            line = lines.pop(pid)
            with line, suppress(OSError):  # nobody waits for it any more
                line.sendall(str(status).encode())


def _read(line: socket.socket) -> tuple[dict[str, Any], list[int]]:
    head, streams, _, _ = socket.recv_fds(line, 4, 3)
    length, text = int.from_bytes(head, "big"), b""
    while len(text) < length:
        text += line.recv(length - len(text))
    return json.loads(text), list(streams)


def _become(asked: dict[str, Any], streams: list[int]) -> None:
    """Be the process that was asked for, to its end."""
    for number, each in enumerate(streams):
        os.dup2(each, number)
    for each in streams:
        if each > 2:
            os.close(each)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    code = 0
    try:
        if asked["program"] is None:
            from engine.cli.main import main

            sys.argv = ["weirflow", *asked["arguments"]]
            main()
        else:
            sys.argv = ["-c", *asked["arguments"]]
            exec(compile(asked["program"], "<program>", "exec"), {"__name__": "__main__"})
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
