"""Names that only Python's own look-up knows, so that a driver can reach one only by the address that it is given."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

NAME = "db.example.test"
STORE = "localhost.example.test"
"""Another: moto takes the first part of a name for that of a bucket, but where it begins so."""
ALLOWED, FORBIDDEN = "127.0.0.1", f"127.{1 + os.getpid() % 250}.{1 + os.getpid() // 250 % 250}.2"
"""The address where the server is, and one that no policy here allows. The second is of this process alone: traps of
several stand at the port of the same server."""


class Names:
    """What NAME leads to, one answer after the other; the last one stays."""

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def next(self) -> str:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def names(monkeypatch: pytest.MonkeyPatch, *answers: str, name: str = NAME) -> Names:
    """Let Python's look-up answer so."""
    found, inner = Names(answers or [ALLOWED]), socket.getaddrinfo

    def look_up(host: Any, *given: Any, **more: Any) -> Any:
        return inner(found.next() if host in {name, name.encode()} else host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return found


@contextmanager
def trap(port: int) -> Iterator[list[str]]:
    """What connects to the forbidden address while the block lasts."""
    caught: list[str] = []
    with socket.create_server((FORBIDDEN, port)) as listener:
        listener.settimeout(0.05)
        ended = threading.Event()

        def accept() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                caught.append("connected")
                connection.close()

        watcher = threading.Thread(target=accept)
        watcher.start()
        try:
            yield caught
        finally:
            ended.set()
            watcher.join()
