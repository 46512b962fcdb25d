"""Whoever has started the service, such as systemd, and wants to know when it is there.

See https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from typing import Literal

_LOG = logging.getLogger("weirflow.service")

State = Literal["READY=1", "STOPPING=1"]


def tell_supervisor(state: State, env: Mapping[str, str]) -> None:
    """Say it where NOTIFY_SOCKET names a socket: a path, or a name that begins with @. Nobody is told where it names
    none; one that nobody listens at is no reason to end, but is logged."""
    address = env.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.connect(address)
            told.sendall(state.encode())
    except OSError as problem:
        _LOG.warning("NOTIFY_SOCKET cannot be told %s: %s", state, problem.strerror or problem)
