"""Which addresses of the network are public, and which of the others a policy lets a run reach."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection

_INSIDE_OTHERS = tuple(map(ipaddress.ip_network, (
    "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96", "fec0::/10",
)))  # fmt: skip
"""Addresses of version 6 that hold one of version 4, which may be a private one: NAT64, 6to4, Teredo, and the two forms
before them; and the private ones of a site, from before there were others."""


def addresses_of(host: str) -> set[str]:
    """The addresses that a host's name leads to; none for a name nobody knows."""
    try:
        return {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return set()


def is_public(address: str) -> bool:
    """Whether an address is one of the public network."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.is_global and not found.is_multicast and not any(found in each for each in _INSIDE_OTHERS)


def is_named(host: str, address: str, allowed: Collection[str]) -> bool:
    """Whether a private address is one of those allowed, by the host that led to it or by a network such as 10.0.0.0/8.

    A network does not let a run reach addresses of this machine or of its link, where clouds keep their credentials:
    those are named one by one.
    """
    if host.lower().rstrip(".") in allowed or address in allowed:
        return True
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.is_loopback or found.is_link_local:
        return False
    return any(found in network for each in allowed if "/" in each and (network := _network(each)) is not None)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
