"""Where requests may go: http and https only, to hosts and addresses that the policy allows."""

from __future__ import annotations

import ipaddress
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from connectors.policy import Policy
from connectors.problem import ConnectorProblem


class CheckedResolver(AbstractResolver):
    """Names become addresses once, each of them is checked, and the connection goes to what was checked."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._inner: AbstractResolver | None = None

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        if self._inner is None:  # it belongs to the loop that asks
            self._inner = aiohttp.ThreadedResolver()
        found = await self._inner.resolve(host, port, family)
        for each in found:
            self._policy.check_address(host, each["host"])
        return found

    async def close(self) -> None:
        if self._inner is not None:
            await self._inner.close()


class CheckedConnector(aiohttp.TCPConnector):
    """Connections of a client that follows redirects by itself: each place that they lead to is checked."""

    def __init__(self, policy: Policy, **options: Any) -> None:
        super().__init__(resolver=CheckedResolver(policy), **options)
        self._policy = policy

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:
        check_url(req.url, self._policy)
        return await super().connect(req, traces, timeout)


def origin_of(url: str) -> str:
    """Scheme, host and port.

    Raises:
        ConnectorProblem: IR690 for a URL that no request can go to.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise no_url("is no URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise no_url("is no URL that begins with https:// and a host")
    return f"{parts.scheme}://{parts.hostname.lower()}:{port}"


def parsed(url: str, *, is_encoded: bool = False) -> URL:
    """A URL taken apart; of one that is encoded already no letter is changed.

    Raises:
        ConnectorProblem: IR690 for one that is none.
    """
    try:
        return URL(url, encoded=is_encoded)
    except ValueError:
        raise no_url("is no URL") from None


def check_url(url: URL, policy: Policy) -> None:
    """Refuse a URL that a run may not reach.

    Raises:
        ConnectorProblem: IR690 for one that is none, IR502 where the policy forbids it.
    """
    if url.scheme not in {"http", "https"} or not url.host:
        raise no_url("is no URL that begins with https:// and a host")
    if policy.schemes is not None and url.scheme not in policy.schemes:
        raise ConnectorProblem("IR502", f"this run may not reach {url.scheme}:// locations", key=("config", "url"))
    if policy.hosts is not None and url.host.lower() not in policy.hosts:
        raise ConnectorProblem("IR502", f'this run may not reach the host "{url.host}"', key=("config", "url"))
    if is_address(url.host):  # which no resolver is asked for
        policy.check_address(url.host, url.host)


def is_address(host: str) -> bool:
    """Whether a host is written as an address."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def proxy_for(url: URL, policy: Policy) -> str | None:
    """The proxy that the environment names for a URL; none where a policy has to see the addresses themselves."""
    if policy.hosts is not None or not policy.private_networks:
        return None
    host = url.host or ""
    if host == "localhost" or (is_address(host) and ipaddress.ip_address(host.partition("%")[0]).is_loopback):
        return None
    found = urllib.request.getproxies_environment().get(url.scheme)
    return None if not found or urllib.request.proxy_bypass(host) else found


def no_url(message: str) -> ConnectorProblem:
    return ConnectorProblem("IR690", f"the address of the request {message}", key=("config", "url"),
                            hint="write url: https://example.com/path")  # fmt: skip
