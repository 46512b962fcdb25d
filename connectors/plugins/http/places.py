"""Where requests of a connection may go: the hosts of its manifest, or the server that stands in for them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from connectors.plugins.account import Connection
from connectors.plugins.manifest import Manifest
from connectors.plugins.templating import Roots, compiled, compiled_url
from connectors.problem import ConnectorProblem
from ir.records import dataclass

ANY_HOST = "*"
"""Of a plugin whose addresses stand in the workflow itself; what answers say leads to the same host only."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Places:
    """The addresses of one connection."""

    manifest: Manifest
    connection: Connection

    def base(self, template: str | None = None) -> str:
        """Where paths begin, without a slash at the end.

        Raises:
            ConnectorProblem: IR690 for what is no address, or one that would carry secrets unencrypted.
        """
        return self.encrypted(self.placed(self._of_vendor(template))).rstrip("/")

    def _of_vendor(self, template: str | None = None) -> str:
        template = template or self.manifest.base_url
        if template is None:
            raise ConnectorProblem("IR695", f"{self.manifest.key} has no base_url")
        roots = Roots(values={"connection": self.connection.parts})
        # an address that the connection gives is one, and what follows it is a path
        given, _, rest = template.partition("}}") if template.startswith("{{") else ("", "", template)
        url: str = (str(compiled(given + "}}")(roots)).rstrip("/") if given else "") + compiled_url(rest)(roots)
        if not urlsplit(url).hostname:
            raise ConnectorProblem("IR690", f"the address of {self.manifest.title} is none", key=("credentials_ref",))
        return url

    def placed(self, url: str) -> str:
        """The URL at the server that stands in for the manifest's hosts, where the connection names one."""
        if self.connection.api_base is None or url.startswith(self.connection.api_base):
            return url
        parts = urlsplit(url)
        return self.connection.api_base + urlunsplit(("", "", parts.path, parts.query, ""))

    def checked(self, url: Any) -> str:
        """An address out of an answer, which has to be one of the manifest's hosts.

        Raises:
            ConnectorProblem: IR690 for another.
        """
        try:
            parts = urlsplit(url) if isinstance(url, str) else None
            host = (parts.hostname or "").lower() if parts else ""
        except ValueError:
            host = ""
        own = _hosts(self._of_vendor()) if self.manifest.base_url is not None else []
        allowed = [*self.manifest.hosts, *own, *_hosts(self.connection.api_base)]
        is_allowed = ANY_HOST in allowed or any(
            host == each or (each.startswith("*.") and host.endswith(each[1:])) for each in allowed
        )
        if not host or not is_allowed or "@" in urlsplit(url).netloc:
            raise ConnectorProblem("IR690", f"{self.manifest.title} leads to {host or 'nowhere'}, which is none of its "
                                   "hosts")  # fmt: skip
        return self.encrypted(self.placed(url))

    def encrypted(self, url: str) -> str:
        """The URL, where what is secret may go there.

        Raises:
            ConnectorProblem: IR690 for one that others can listen to.
        """
        parts = urlsplit(url)
        if parts.scheme == "https" or parts.hostname in _HERE or self.connection.is_unencrypted_allowed:
            return url
        raise ConnectorProblem("IR690", f"the requests to {parts.hostname} would go out unencrypted",
                               key=("credentials_ref",),
                               hint='an address begins with https://; else write "allow_unencrypted": true into the '
                               "credentials")  # fmt: skip


def _hosts(url: str | None) -> list[str]:
    return [(urlsplit(url).hostname or "").lower()] if url else []
