"""The port of this machine to which clients within a process are sent, bound for one that may bind none itself."""

from __future__ import annotations

import socket
from contextlib import suppress

_HERE = ("127.0.0.1", 0)
_kept: list[socket.socket] = []


def bound_here() -> socket.socket:
    """A socket to hand to a new process. Nobody can connect to it until it is listened at."""
    found = socket.socket()
    with suppress(OSError):
        found.bind(_HERE)
    return found


def take_port(opened: int) -> None:
    """Keep the socket that this process was handed, by the number of its open file."""
    _kept.append(socket.socket(fileno=opened))
    _kept[-1].set_inheritable(False)


def listener() -> socket.socket:
    """A socket that connections come to: at the port that was kept, else at any."""
    if not _kept:
        return socket.create_server(_HERE)
    found = _kept.pop()
    if not found.getsockname()[1]:
        found.bind(_HERE)  # there was none before; where that is forbidden now it says so
    found.listen()
    return found
