"""The part of a service that listens."""

from __future__ import annotations

import threading
import time

import uvicorn

from engine.service.context import Context
from engine.service.web.app import application
from engine.service.webhooks.endpoint import WebhookEndpoint


class WebServer:
    """Listens in a thread of its own."""

    def __init__(self, context: Context) -> None:
        settings = context.settings
        self._webhooks = WebhookEndpoint(context, application(context))
        self._server = uvicorn.Server(uvicorn.Config(
            self._webhooks, host=settings.host, port=settings.port, log_level="warning", access_log=False,
            server_header=False, timeout_graceful_shutdown=5,
        ))  # fmt: skip
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def start(self) -> None:
        self._webhooks.start()
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.01)
        if not self._server.started:
            raise OSError(f"nothing can listen on {self._server.config.host}:{self._server.config.port}")

    def stop(self, within_s: float) -> None:
        self._server.should_exit = True
        self._thread.join(within_s)
        self._webhooks.stop(within_s)
