"""Connections to a host's address that was checked: the name is looked up once, and what it led to is connected to."""

from __future__ import annotations

import socket
from typing import Any

from connectors.policy import Policy

Reachable = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
"""As getaddrinfo gives it."""


def looked_up(host: str, port: int | None, policy: Policy) -> list[Reachable]:
    """Where a host's name leads to now, each address checked.

    Raises:
        ConnectorProblem: IR502 where the policy forbids the host or one of its addresses.
        OSError: the name leads nowhere.
    """
    policy.check_host(host)
    found: list[Reachable] = [*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for each in found:
        policy.check_address(host, str(each[4][0]))
    return found


def addresses_to(host: str, policy: Policy) -> list[str]:
    """The same, as texts without repetition."""
    return list(dict.fromkeys(str(each[4][0]) for each in looked_up(host, None, policy)))


def dialled(host: str, port: int, policy: Policy, timeout_s: float | None) -> socket.socket:
    """A connection to the first address of the host that answers.

    Raises:
        ConnectorProblem: IR502 where the policy forbids the host or one of its addresses.
        OSError: none answers.
    """
    problem: OSError | None = None
    for family, kind, protocol, _, address in looked_up(host, port, policy):
        found = socket.socket(family, kind, protocol)
        found.settimeout(timeout_s)
        try:
            found.connect(address)
        except OSError as error:
            found.close()
            problem = error
        else:
            return found
    raise problem or OSError("no address")
