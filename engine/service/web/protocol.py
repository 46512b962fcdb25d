"""Connections that cannot starve others: however slowly or much somebody sends, it ends within a stated time."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_S = 10.0
"""So long may pass until the headers of a request are there."""
BODY_S = 30.0
"""So long may pass from them to the end of its body."""
HEADER_BYTES = 32_000
"""Of the path and all headers together."""
AFTER_BYTES = 16_000_000
"""So much of a body is still read after the request was refused, so that its sender reads the answer."""
MORE_TIME = "weirflow.more_time"
"""The extension of a request by which a body that goes on coming is given the time anew."""
CONNECTIONS = 4_000
"""So many are open at once; for a further one that one is closed which has waited longest for its headers."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits on what a connection may take."""

    _timer: asyncio.TimerHandle | None = None
    _header_bytes = 0
    _after_bytes = 0
    _is_within_headers = True
    _is_within_body = False
    _closes = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        _slow(self)[self] = None
        self._begin(HEADERS_S)
        if len(self.connections) > CONNECTIONS:
            for each in _slow(self):
                each.transport.abort()
                each._ended()
                break

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_within_headers:
            if self._timer is None:  # the first bytes of a further request
                _slow(self)[self] = None
                self._begin(HEADERS_S)
            self._header_bytes += len(data)
        elif self._is_within_body and self.cycle.response_complete:
            self._after_bytes += len(data)
            if self._after_bytes > AFTER_BYTES:
                self.transport.close()
                return
        super().data_received(data)
        if self._is_within_headers and self._header_bytes > HEADER_BYTES and not self.transport.is_closing():
            self._refuse(b"431 Request Header Fields Too Large")

    def on_headers_complete(self) -> None:
        _slow(self).pop(self, None)
        self._is_within_headers, self._is_within_body, self._after_bytes = False, True, 0
        self._begin(BODY_S)
        self.scope.setdefault("extensions", {})[MORE_TIME] = {MORE_TIME: self._more_time}
        super().on_headers_complete()
        self.cycle.transport = cast(asyncio.Transport, _Reading(self))

    def close_when_read(self) -> None:
        """Close at the end of the body, which the answer did not wait for: its sender reads that only then."""
        if self._is_within_body:
            self._closes = True
        else:
            self.transport.close()

    def on_message_complete(self) -> None:
        self._stop()
        self._is_within_headers, self._is_within_body, self._header_bytes = True, False, 0
        super().on_message_complete()
        if self._closes:
            self.transport.close()

    def _begin(self, seconds: float) -> None:
        self._stop()
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _more_time(self) -> None:
        if self._is_within_body:
            self._begin(BODY_S)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._is_within_headers and not self._header_bytes:
            self.transport.close()  # nobody has asked for anything
        elif self._is_within_body and self.cycle.response_started:
            self.transport.close()
        else:
            self._refuse(b"408 Request Timeout")

    def _refuse(self, status: bytes) -> None:
        self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()

    def _ended(self) -> None:
        self._stop()
        _slow(self).pop(self, None)


class _Reading:
    """The transport of an answer: closing it waits until the request is there."""

    def __init__(self, protocol: BoundedProtocol) -> None:
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol.transport, name)

    def close(self) -> None:
        self._protocol.close_when_read()


def _slow(protocol: BoundedProtocol) -> dict[BoundedProtocol, None]:
    """The connections of this server whose headers are not there yet, the one that waits longest first."""
    found: dict[BoundedProtocol, None] = protocol.server_state.__dict__.setdefault("slow", {})
    return found


def may_open_many() -> None:
    """Let this process have as many files open as its connections take, as far as the machine lets it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(2 * CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
