"""The port of this machine to which clients within this process are sent, bound early where that is forbidden later."""

from __future__ import annotations

import socket
from contextlib import suppress

_HERE = ("127.0.0.1", 0)
_kept: list[socket.socket] = []


def keep_a_port() -> None:
    """Bind it now, before the process gives up to do so. Nobody can connect to it until it is listened at."""
    with suppress(OSError):
        found = socket.socket()
        found.bind(_HERE)
        _kept.append(found)


def listener() -> socket.socket:
    """A socket that connections come to: at the port that was kept, else at any."""
    if not _kept:
        return socket.create_server(_HERE)
    found = _kept.pop()
    found.listen()
    return found
