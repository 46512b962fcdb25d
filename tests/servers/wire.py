"""A wire between a client and a server that can be cut: the network as it fails in the middle of a transfer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Literal


class Wire:
    """Passes bytes on from its `port` to a server, until `cut_after` bytes went `direction`.

    Set `cut_after` at any time; None never cuts. A cut closes every connection, and new ones are refused.
    """

    def __init__(self, host: str, port: int, *, direction: Literal["up", "down"] = "down") -> None:
        self.cut_after: int | None = None
        self.passed = {"up": 0, "down": 0}
        self._direction, self._target = direction, (host, port)
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Ends every connection and takes no other."""
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


@contextlib.contextmanager
def wire_to(host: str, port: int, *, direction: Literal["up", "down"] = "down") -> Iterator[Wire]:
    wire = Wire(host, port, direction=direction)
    try:
        yield wire
    finally:
        wire.cut()
