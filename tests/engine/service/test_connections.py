"""Connections that send slowly, too much or nothing end by themselves, and starve nobody meanwhile."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from engine.service.web import protocol
from engine.service.web.protocol import MORE_TIME, BoundedProtocol
from engine.service.web.server import listening


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body; /refused before it has read any of it."""
    length = 0
    while scope["path"] != "/refused":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        if scope["path"] == "/patient":
            scope["extensions"][MORE_TIME][MORE_TIME]()
        if not message["more_body"]:
            break
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(str(length)))]}
    )
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    for name, value in {"HEADERS_S": 1.0, "BODY_S": 1.0, "CONNECTIONS": 4, "AFTER_BYTES": 300_000}.items():
        monkeypatch.setattr(protocol, name, value)
    listener = listening("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(echo, http=BoundedProtocol, lifespan="off", log_level="critical"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
        listener.close()


def connected(address: tuple[str, int], *sent: bytes) -> socket.socket:
    found = socket.create_connection(address, timeout=60)
    for each in sent:
        found.sendall(each)
    return found


def told(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"POST / HTTP/1.1\r\nHost: x\r\n", b"HTTP/1.1 408"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{", b"HTTP/1.1 408"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"x" * 40_000, b"HTTP/1.1 431"),
    ],
)
def test_what_does_not_come_to_its_end_is_ended(address: tuple[str, int], sent: bytes, answer: bytes) -> None:
    with connected(address, sent) as slow:
        with connected(address, REQUEST) as other:
            assert told(other).endswith(b"\r\n\r\n2")
        assert told(slow)[:12] == answer


def test_a_connection_may_be_used_again_and_its_time_begins_anew(address: tuple[str, int]) -> None:
    again = REQUEST.replace(b"Connection: close\r\n", b"")
    with connected(address) as found:
        for _ in range(3):
            time.sleep(0.4)
            found.sendall(again)
            assert found.recv(1000).endswith(b"\r\n\r\n2")
        found.sendall(b"POST / HTTP/1.1\r\n")
        assert told(found).startswith(b"HTTP/1.1 408")


def test_of_too_many_connections_the_one_that_waits_longest_for_its_headers_is_closed(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEADERS_S", 60.0)
    slow = [connected(address, b"POST / HTTP/1.1\r\n") for _ in range(4)]
    with connected(address, REQUEST) as other:
        assert told(other).endswith(b"\r\n\r\n2")
        assert told(slow[0]) == b""
    for each in slow:
        each.close()


def test_a_body_that_nobody_wants_is_read_for_a_while_so_that_its_answer_is(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "BODY_S", 30.0)
    head = b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    with connected(address, head % 200_000, b"x" * 200_000) as found:
        assert found.recv(1000).endswith(b"\r\n\r\n0")
        found.sendall(REQUEST)
        assert told(found).endswith(b"\r\n\r\n2")
    with connected(address, head % 90_000_000) as endless, pytest.raises((ConnectionResetError, BrokenPipeError)):
        endless.sendall(b"x" * 90_000_000)
    closing = b"POST /refused HTTP/1.0\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"
    with connected(address, closing + b"x" * 100_000) as found:
        assert found.recv(1000).endswith(b"connection: close\r\n\r\n0")
        found.sendall(b"x" * 100_000)
        assert found.recv(1000) == b""


def test_a_body_that_goes_on_coming_is_waited_for_where_who_takes_it_says_so(address: tuple[str, int]) -> None:
    head = b"PUT /patient HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
    with connected(address, head) as found:
        for _ in range(4):
            found.sendall(b"x")
            time.sleep(0.3)
        found.sendall(b"x")
        assert b" 200 " in told(found)
