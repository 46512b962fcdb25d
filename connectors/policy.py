"""What a run may touch: one object that every source, delivery and template file asks."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from connectors.location import Location, locate
from connectors.problem import ConnectorProblem

GIB = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits of a run. None means anything; an empty set means nothing."""

    schemes: frozenset[str] | None = None
    hosts: frozenset[str] | None = None
    read_folders: tuple[Path, ...] | None = None
    write_folders: tuple[Path, ...] | None = None
    secret_resolvers: frozenset[str] | None = None
    secret_names: frozenset[str] | None = None
    private_networks: bool = True
    max_memory_bytes: int | None = None
    max_seconds: float | None = None
    max_unpacked_bytes: int = 256 * GIB

    @classmethod
    def open(cls) -> Policy:
        """A person's own command line: everything that the person may do."""
        return cls()

    @classmethod
    def closed(cls, folder: Path) -> Policy:
        """A service's default: local files of one folder, no network, no secrets."""
        return cls(
            schemes=frozenset({"file"}), hosts=frozenset(), read_folders=(folder,), write_folders=(folder,),
            secret_resolvers=frozenset(), secret_names=frozenset(), private_networks=False,
            max_unpacked_bytes=4 * GIB,
        )  # fmt: skip

    def check_read(self, location: str | Path, *, base: Path | None = None) -> None:
        """Refuse a place this run may not read.

        Raises:
            ConnectorProblem: IR502 for a scheme or host, IR503 for a folder; links and `..` are followed first.
        """
        self._check(_located(location, base), self.read_folders, "read")

    def check_write(self, location: str | Path, *, base: Path | None = None) -> None:
        """Refuse a place this run may not write, as `check_read` does."""
        self._check(_located(location, base), self.write_folders, "write")

    def check_template(self, path: str | Path, *, base: Path | None = None) -> None:
        """Refuse a template file this run may not read."""
        self._check(_located(path, base), self.read_folders, "read templates from")

    def check_endpoint(self, host: str) -> None:
        """Refuse a server that credentials name and this run may not reach.

        Raises:
            ConnectorProblem: IR502.
        """
        if self.hosts is not None and host.lower() not in self.hosts:
            raise ConnectorProblem("IR502", f'this run may not reach the host "{host}"',
                                   hint=_allowed(self.hosts), key=("credentials_ref",))  # fmt: skip
        if not self.private_networks and is_private(host):
            raise ConnectorProblem("IR502", f'this run may not reach the private address "{host}"',
                                   key=("credentials_ref",))  # fmt: skip

    def check_address(self, host: str, address: str) -> None:
        """Refuse an address that a host's name has led to, where it is not one of the public network.

        Raises:
            ConnectorProblem: IR502.
        """
        if not self.private_networks and not is_public(address):
            raise ConnectorProblem("IR502", f'this run may not reach the private address "{host}"',
                                   key=("credentials_ref",))  # fmt: skip

    def check_secret(self, resolver: str, name: str) -> None:
        """Refuse a secret this run may not see.

        Raises:
            ConnectorProblem: IR504; names the resolver and the name, never the value.
        """
        if self.secret_resolvers is not None and resolver not in self.secret_resolvers:
            raise ConnectorProblem("IR504", f'this run may not ask "{resolver}" for secrets',
                                   hint=_allowed(self.secret_resolvers), key=("credentials_ref",))  # fmt: skip
        if self.secret_names is not None and name not in self.secret_names:
            raise ConnectorProblem("IR504", f'this run may not read the secret "{name}"',
                                   hint=_allowed(self.secret_names), key=("credentials_ref",))  # fmt: skip

    def _check(self, location: Location, folders: tuple[Path, ...] | None, verb: str) -> None:
        if self.schemes is not None and location.scheme not in self.schemes:
            raise ConnectorProblem("IR502", f"this run may not {verb} {location.scheme}:// locations",
                                   hint=_allowed(self.schemes), key=("location",))  # fmt: skip
        if location.path is None:
            if self.hosts is not None and location.host not in self.hosts:
                raise ConnectorProblem("IR502", f'this run may not {verb} the host "{location.host}"',
                                       hint=_allowed(self.hosts), key=("location",))  # fmt: skip
            if not self.private_networks and location.scheme in {"http", "https"} and is_private(location.host):
                raise ConnectorProblem("IR502", f'this run may not {verb} the private address "{location.host}"',
                                       key=("location",))  # fmt: skip
            return
        if folders is None:
            return
        real = location.path.resolve()
        if not any(real.is_relative_to(each.resolve()) for each in folders):
            raise ConnectorProblem(
                "IR503",
                f"this run may not {verb} {location.text}: it lies outside the allowed folders",
                hint=_allowed(str(each) for each in folders),
                key=("location",),
            )


def is_private(host: str) -> bool:
    """Whether any address of the host is not a public one; a name nobody knows leads nowhere and is not."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False
    return not all(map(is_public, found))


_INSIDE_OTHERS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""Addresses of version 6 that hold one of version 4, which may be a private one: NAT64, 6to4 and Teredo."""


def is_public(address: str) -> bool:
    """Whether an address is one of the public network."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.is_global and not found.is_multicast and not any(found in each for each in _INSIDE_OTHERS)


def _located(location: str | Path, base: Path | None) -> Location:
    if isinstance(location, Path):
        # A path is itself, even where its name looks like a URL or a member of a zip.
        return Location(text=str(location), scheme="file", path=(base or Path.cwd()) / location)
    return locate(location, base=base or Path.cwd())


def _allowed(words: Iterable[str]) -> str:
    known = sorted(words)
    return "allowed: " + ", ".join(known) if known else "the policy of this run allows none"
