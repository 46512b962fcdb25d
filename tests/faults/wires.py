"""A wire to a server that kills its client at a packet: before the server has it, or before the answer is heard."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class KillingWire:
    """Passes bytes on from its `port` to a server, and counts what clients send."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self.sent = 0
        self._pid: int | None = None
        self._n, self._after, self._is_over = 0, False, False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, pid: int | None, n: int = 0, *, after: bool = False) -> None:
        """Count from 0, and kill `pid` at its `n`-th packet."""
        with self._lock:
            self.sent, self._pid, self._n, self._after, self._is_over = 0, pid, n, after, False

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._target)
                except OSError:
                    client.close()
                    continue
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while received := client.recv(65536):
                with self._lock:
                    self.sent += 1
                    victim = self._pid if self.sent == self._n else None
                    after = self._after
                if victim is None:
                    server.sendall(received)
                    continue
                self._is_over = True  # the answer is held back: the client is to die without having heard it
                if after:
                    server.sendall(received)
                _kill(victim)
                break
        _end(server)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while (received := server.recv(65536)) and not self._is_over:
                client.sendall(received)
        _end(client)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_WR)


@contextmanager
def killing_wire(host: str, port: int | str) -> Iterator[KillingWire]:
    wire = KillingWire(host, int(port))
    try:
        yield wire
    finally:
        wire.close()
