"""A wire between a client and a server that can be cut: the network as it fails in the middle of a transfer.

It is a process of its own: some drivers wait for their server with Python locked.
"""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, Literal

from tests.servers.session import REPOSITORY, UNMEASURED

Direction = Literal["up", "down"]


class Wire:
    """Passes bytes on from its `port` to a server, until `cut_after` bytes went `direction`.

    Set `cut_after` at any time; None never cuts. A cut closes every connection, and new ones are refused.
    """

    def __init__(self, host: str, port: int, direction: Direction) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.wire", host, str(port), direction], cwd=REPOSITORY, env=UNMEASURED,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._cut_after: int | None = None
        self.port: int = self._ask("port")

    @property
    def passed(self) -> dict[str, int]:
        """So many bytes went up and down."""
        found: dict[str, int] = self._ask("passed")
        return found

    @property
    def cut_after(self) -> int | None:
        return self._cut_after

    @cut_after.setter
    def cut_after(self, count: int | None) -> None:
        self._cut_after = count
        self._ask(f"cut_after {json.dumps(count)}")

    def cut(self) -> None:
        """Ends every connection and takes no other."""
        self._process.kill()
        self._process.communicate()

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """In the block nothing gets through, and nobody is told: connections stay as they are."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _ask(self, question: str) -> Any:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        print(question, file=requests, flush=True)
        return json.loads(answers.readline())


class _Passing:
    def __init__(self, host: str, port: int, direction: str) -> None:
        self.cut_after: int | None = None
        self.passed = {"up": 0, "down": 0}
        self._direction, self._target = direction, (host, port)
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._open |= {client, server}
                for source, target, name in ((client, server, "up"), (server, client, "down")):
                    threading.Thread(target=self._pass_on, args=(source, target, name), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, name: str) -> None:
        with contextlib.suppress(OSError):
            while received := source.recv(65536):
                self.passed[name] += len(received)
                if self.cut_after is not None and self.passed[self._direction] > self.cut_after:
                    self.cut()
                    return
                target.sendall(received)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def main(host: str, port: str, direction: str) -> None:
    passing = _Passing(host, int(port), direction)
    for line in sys.stdin:
        name, _, value = line.strip().partition(" ")
        if value:
            setattr(passing, name, json.loads(value))
        print(json.dumps(getattr(passing, name)), flush=True)


@contextlib.contextmanager
def wire_to(host: str, port: int, *, direction: Direction = "down") -> Iterator[Wire]:
    wire = Wire(host, port, direction)
    try:
        yield wire
    finally:
        wire.cut()


if __name__ == "__main__":
    main(*sys.argv[1:])
