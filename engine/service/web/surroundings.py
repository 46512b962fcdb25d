"""What stands around every answer: an id by which a request is found in the log, and headers that let a browser do
nothing with what is no page."""

from __future__ import annotations

import re
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.service.web.meters import Meters

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_USUAL = {
    b"x-content-type-options": b"nosniff",
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
}
"""Of answers that do not say otherwise."""


class Surroundings:
    """Around the application: gives each request its id, counts it, and completes the headers of its answer."""

    def __init__(self, application: ASGIApp, meters: Meters) -> None:
        self._application = application
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        request_id = _given(scope) or secrets.token_hex(8).encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        began, status = time.perf_counter(), 0

        async def answering(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in _USUAL.items() if name not in there]
                message = {**message, "headers": [*headers, (b"x-request-id", request_id)]}
            await send(message)

        try:
            await self._application(scope, receive, answering)
        finally:
            self._meters.note(scope, status=status, seconds=time.perf_counter() - began)


def _given(scope: Scope) -> bytes | None:
    """The id that a proxy or the caller gave the request, if that is one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return bytes(value)
    return None
