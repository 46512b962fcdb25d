"""A proxy of this process for a client that looks names up by itself: it goes only where the policy lets it.

Polars reads S3 with a client of its own. Through the relay the name is looked up here, once, and the address that was
checked is connected to; encryption stays between the client and the store, whose certificate is for its name.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import socket
import threading
from contextlib import suppress
from functools import cache
from urllib.parse import urlsplit

from connectors.dialling import dialled
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.port import listener

_CONNECT_S = 10.0
_MOST_HEAD_BYTES = 64 * 1024
_BLOCK_BYTES = 256 * 1024


class Relay:
    """One listener on this machine, for those who know a password. Each policy has its own."""

    def __init__(self) -> None:
        self._passwords: dict[Policy, str] = {}
        self._listener = listener()
        threading.Thread(target=self._serve, daemon=True, name="weirflow-relay").start()

    def url(self, policy: Policy) -> str:
        """What a client is given as its proxy; the password is in it."""
        password = self._passwords.setdefault(policy, secrets.token_hex(16))
        return f"http://relay:{password}@127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._carry, args=(client,), daemon=True, name="weirflow-relay").start()

    def _carry(self, client: socket.socket) -> None:
        """One connection, from its first request to its end."""
        with client, suppress(OSError, ValueError):
            client.settimeout(_CONNECT_S)
            head, rest = _head(client)
            policy = self._policy_of(head)
            if policy is None:
                client.sendall(_answer("407 Proxy Authentication Required"))
                return
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            place = urlsplit(f"//{target}" if method == "CONNECT" else target)
            try:
                server = dialled(place.hostname or "", place.port or 80, policy, _CONNECT_S)
            except ConnectorProblem:
                client.sendall(_answer("403 Forbidden"))
                return
            except OSError:
                client.sendall(_answer("502 Bad Gateway"))
                return
            with server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    server.sendall(_without_password(head) + b"\r\n\r\n")
                server.sendall(rest)
                _join(client, server)

    def _policy_of(self, head: bytes) -> Policy | None:
        given = [line.partition(b":")[2].strip() for line in head.split(b"\r\n") if _is_password(line)]
        for policy, password in tuple(self._passwords.items()):
            wanted = b"Basic " + base64.b64encode(f"relay:{password}".encode())
            if any(hmac.compare_digest(each, wanted) for each in given):
                return policy
        return None


@cache
def relay() -> Relay:
    """The one of this process, which lasts as long as it does."""
    return Relay()


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    found = b""
    while b"\r\n\r\n" not in found:
        piece = client.recv(_MOST_HEAD_BYTES)
        if not piece or len(found) > _MOST_HEAD_BYTES:
            raise ValueError("no request")
        found += piece
    head, _, rest = found.partition(b"\r\n\r\n")
    return head, rest


def _is_password(line: bytes) -> bool:
    return line.partition(b":")[0].strip().lower() == b"proxy-authorization"


def _without_password(head: bytes) -> bytes:
    return b"\r\n".join(line for line in head.split(b"\r\n") if not _is_password(line))


def _answer(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def _join(client: socket.socket, server: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    for each in (client, server):
        each.settimeout(None)
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    back = threading.Thread(target=_pump, args=(server, client), daemon=True, name="weirflow-relay")
    back.start()
    _pump(client, server)
    back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_BLOCK_BYTES):
            target.sendall(piece)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
