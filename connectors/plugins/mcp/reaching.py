"""The connections of the protocol's client, to addresses that were checked."""

from __future__ import annotations

import asyncio
from typing import Any

import httpcore2
import httpx2

from connectors.dialling import addresses_to
from connectors.policy import Policy


def checked_transport(policy: Policy) -> httpx2.AsyncHTTPTransport:
    """A transport that goes only where the policy lets it; certificates have to be for the name all the same."""
    made = httpx2.AsyncHTTPTransport(trust_env=False)
    made._pool = httpcore2.AsyncConnectionPool(
        ssl_context=httpx2.create_ssl_context(trust_env=False), network_backend=CheckedNetwork(policy)
    )
    return made


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """A name is looked up once, and what it led to is connected to.

    Raises:
        ConnectorProblem: IR502 where the policy forbids the host or one of its addresses.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                          socket_options: Any = None) -> httpcore2.AsyncNetworkStream:  # fmt: skip
        options = {"timeout": timeout, "local_address": local_address, "socket_options": socket_options}
        try:
            found = await asyncio.to_thread(addresses_to, host, self._policy)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        for address in found[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, **options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(found[-1], port, **options)

    async def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None,
                                  ) -> httpcore2.AsyncNetworkStream:  # fmt: skip
        raise httpcore2.ConnectError("no socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
