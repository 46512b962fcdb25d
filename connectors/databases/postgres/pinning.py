"""The addresses that libpq connects to: it is told them beside the names, which a certificate still has to be for."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from connectors.dialling import addresses_to
from connectors.policy import Policy

_LOCAL = "localhost"


def pinned(uri: str, policy: Policy) -> str:
    """The same connection, each of its hosts with its addresses; libpq itself takes the text apart, so that nothing is
    read here in another way than there.

    Raises:
        ConnectorProblem: IR502 where the policy forbids a host or one of its addresses.
        OSError: no name leads anywhere; libpq is not asked to look it up again.
    """
    from psycopg.conninfo import conninfo_to_dict

    options = {key: str(value) for key, value in conninfo_to_dict(uri).items() if value is not None}
    names, given, ports = (options.pop(key, "").split(",") for key in ("host", "hostaddr", "port"))
    count = max(len(names), len(given))
    ports = ports * count if len(ports) == 1 else ports
    found, problem = list[tuple[str, str, str]](), OSError("no address")
    for host, address, port in zip(_filled(names, count), _filled(given, count), _filled(ports, count), strict=True):
        name = host or address or _LOCAL
        try:
            found += [(name, each, port) for each in _addresses(name, address, policy)]
        except OSError as error:
            problem = error
    if not found:
        raise problem
    told = zip(("host", "hostaddr", "port"), (",".join(each) for each in zip(*found, strict=True)), strict=True)
    return "postgresql://?" + urlencode({**options, **{key: text for key, text in told if text}}, quote_via=quote)


def _addresses(host: str, written: str, policy: Policy) -> Iterator[str]:
    """The addresses of one host; one that is a socket of this machine has none."""
    if host.startswith(("/", "@")):
        policy.check_host(_LOCAL)
        policy.check_address(_LOCAL, "127.0.0.1")
        yield ""
    elif written:
        policy.check_host(host)
        policy.check_address(host, written)
        yield written
    else:
        yield from addresses_to(host, policy)


def _filled(texts: list[str], count: int) -> list[str]:
    return texts + [""] * (count - len(texts))
