"""Requests without an answer: what to say, and whether the service may have done what was asked."""

from __future__ import annotations

import aiohttp

from connectors.http.addresses import is_address
from connectors.problem import ConnectorProblem


def unanswered(host: str, error: Exception) -> ConnectorProblem:
    """What to say of a request without an answer; of the error only its kind, as its text may repeat the URL."""
    match error:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return ConnectorProblem("IR690", f"the address of the request to {host} is no URL", key=("config", "url"))
        case aiohttp.ClientConnectorCertificateError():
            why = getattr(error.certificate_error, "verify_message", "") or "it is not trusted"
            return ConnectorProblem("IR692", f"the certificate of {host} is refused: {why}")
        case aiohttp.ClientConnectorDNSError():
            return ConnectorProblem("IR692", f"nobody knows the host {host}", reason="network_error")
        case aiohttp.ClientConnectorSSLError():
            return ConnectorProblem("IR692", f"{host} and this side agree on no encryption", reason="network_error")
        case aiohttp.ClientProxyConnectionError():
            return ConnectorProblem("IR692", "the proxy that the environment names cannot be reached",
                                    reason="network_error")  # fmt: skip
        case aiohttp.ClientConnectorError():
            why = (error.os_error.strerror or "nothing answers").lower()
            why = why.partition("[")[0].strip() if is_address(host) else why
            return ConnectorProblem("IR692", f"{host} cannot be reached: {_bare(why)}", reason="network_error")
        case aiohttp.ConnectionTimeoutError():
            return ConnectorProblem("IR692", f"{host} does not take the connection in time", reason="timeout")
        case TimeoutError():
            return ConnectorProblem("IR692", f"{host} did not answer in time", reason="timeout", sent=True)
        case aiohttp.ClientError() | OSError():
            return ConnectorProblem("IR692", f"{host} has closed the connection before it answered",
                                    reason="network_error", sent=True)  # fmt: skip
        case _:
            return ConnectorProblem("IR690", f"the request to {host} has a part that cannot be sent", key=("config",))


def _bare(why: str) -> str:
    """An operating system's words without the address that asyncio puts around them."""
    return "connection refused" if "connect call failed" in why else why
