"""The part of a service that listens."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn

from engine.service.context import Context
from engine.service.web.app import application
from engine.service.web.meters import Meters
from engine.service.web.protocol import BoundedProtocol, may_open_many
from engine.service.webhooks.endpoint import WebhookEndpoint

HANG_UP_S = 5
"""Of a stop: so long requests may take that are under way, before they are cut off."""
ANSWERS_S = 8.0
"""Of a stop: so long it waits for the listening to end, whatever keeps it."""


class CannotListen(Exception):
    """Why nobody can be answered at the address."""


class WebServer:
    """Listens in a thread of its own."""

    def __init__(self, context: Context) -> None:
        settings = context.settings
        self._context = context
        self._socket = listening(settings.host, settings.port)
        meters = Meters(context.journal, context.pruned)
        self._webhooks = WebhookEndpoint(context, application(context, meters), meters)
        self._server = uvicorn.Server(uvicorn.Config(
            self._webhooks, http=BoundedProtocol, log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=HANG_UP_S,
            forwarded_allow_ips=None if settings.forwarded is None else sorted(settings.forwarded),
        ))  # fmt: skip
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)

    def start(self) -> None:
        may_open_many()
        self._context.address = address_of(self._socket)
        self._webhooks.start()
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.01)
        if not self._server.started:
            raise OSError("the web server did not start")

    def stop(self, within_s: float) -> None:
        """Answer what has been asked; the runs have the rest of the time."""
        self._server.should_exit = True
        self._thread.join(min(within_s, ANSWERS_S))
        self._socket.close()
        self._webhooks.stop(min(within_s, ANSWERS_S))


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; with port 0 on a free port.

    Raises:
        CannotListen: it is taken, or is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(2048)
    except OSError as error:
        found.close()
        reason = (error.strerror or str(error)).lower()
        raise CannotListen(f"nothing can listen on {host}:{port}: {reason}") from None
    return found


def address_of(found: socket.socket) -> str:
    """The URL of the service as somebody on this machine reaches it."""
    host, port = found.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
