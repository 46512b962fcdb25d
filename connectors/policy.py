"""What a run may touch: one object that every source, delivery and template file asks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from connectors.addresses import addresses_of, is_named, is_public
from connectors.location import Location, locate
from connectors.problem import ConnectorProblem
from connectors.secrets.owning import is_own
from ir.records import dataclass

GIB = 1024**3
_OF_HOSTS = frozenset({"http", "https", "sftp", "ssh", "ftp", "ftps", "smb", "webdav", "webhdfs", "hdfs", "jupyter"})
"""Schemes whose URLs name a host of the network, and no bucket."""
_PRIVATE = "whoever sets the policy may allow this host or its network although it is private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits of a run. None means anything; an empty set means nothing."""

    schemes: frozenset[str] | None = None
    hosts: frozenset[str] | None = None
    read_folders: tuple[Path, ...] | None = None
    write_folders: tuple[Path, ...] | None = None
    secret_resolvers: frozenset[str] | None = None
    secret_names: frozenset[str] | None = None
    """Names, or `resolver:name` for one resolver alone."""
    secret_owner: str | None = None
    """The workflow whose own secrets are allowed besides: those that begin with its name."""
    other_owners: tuple[str, ...] = ()
    """Workflows with longer names, whose secrets are not the owner's."""
    private_networks: bool = True
    private_hosts: frozenset[str] = frozenset()
    """Hosts, addresses and networks that may be reached although they are private."""
    hidden: tuple[Path, ...] = ()
    """Files and folders that are neither read nor written, wherever they lie."""
    hides_dotted: bool = False
    """Whether nothing below the folders is read or written whose name begins with a point, as .env and .git."""
    kept_files: tuple[Path, ...] = ()
    """Files that are not written, such as the workflows themselves."""
    kept_endings: tuple[str, ...] = ()
    """Endings of files that are not written, for the same reason."""
    inputs_from: Path | None = None
    """Where a relative location starts that an input gives; without it in the current folder, as whoever gives it on a
    command line sees it."""
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

    def hides(self, path: Path) -> bool:
        """Whether a file is closed to every run under this policy, wherever it lies."""
        if not self.hidden and not self.hides_dotted:
            return False
        real = path.resolve()
        if any(real.is_relative_to(each) for each in self.hidden):
            return True
        if not self.hides_dotted:
            return False
        folders = [each.resolve() for each in (*(self.read_folders or ()), *(self.write_folders or ()))]
        inside = [real.relative_to(each) for each in folders if real.is_relative_to(each)]
        return any(part.startswith(".") for each in inside for part in each.parts)

    @property
    def checks_addresses(self) -> bool:
        """Whether it matters where a name leads to, so that who connects has to say so."""
        return not self.private_networks

    def check_host(self, host: str) -> None:
        """Refuse a server by its name alone; nothing is looked up.

        Raises:
            ConnectorProblem: IR502.
        """
        if self.hosts is not None and host.lower() not in self.hosts:
            raise ConnectorProblem("IR502", f'this run may not reach the host "{host}"',
                                   hint=_allowed(self.hosts), key=("credentials_ref",))  # fmt: skip

    def check_endpoint(self, host: str) -> None:
        """Refuse a server that credentials name and this run may not reach.

        Raises:
            ConnectorProblem: IR502.
        """
        self.check_host(host)
        self._check_private(host, "reach", "credentials_ref")

    def check_address(self, host: str, address: str) -> None:
        """Refuse an address that a host's name has led to, where it is not one of the public network.

        Raises:
            ConnectorProblem: IR502.
        """
        if not self.private_networks and not is_public(address) and not is_named(host, address, self.private_hosts):
            raise ConnectorProblem("IR502", f'this run may not reach the private address "{host}"',
                                   hint=_PRIVATE, key=("credentials_ref",))  # fmt: skip

    def check_secret(self, resolver: str, name: str) -> None:
        """Refuse a secret this run may not see.

        Raises:
            ConnectorProblem: IR504; names the resolver and the name, never the value.
        """
        if self.secret_resolvers is not None and resolver not in self.secret_resolvers:
            raise ConnectorProblem("IR504", f'this run may not ask "{resolver}" for secrets',
                                   hint=_allowed(self.secret_resolvers), key=("credentials_ref",))  # fmt: skip
        if self.secret_names is not None and not self._may_see(resolver, name):
            raise ConnectorProblem("IR504", f'this run may not read the secret "{name}"',
                                   hint=self._secrets_said, key=("credentials_ref",))  # fmt: skip

    def _may_see(self, resolver: str, name: str) -> bool:
        named = self.secret_names or frozenset()
        if name in named or f"{resolver}:{name}" in named:
            return True
        owner = self.secret_owner
        return owner is not None and is_own(resolver, name, workflow=owner, others=self.other_owners)

    @property
    def _secrets_said(self) -> str:
        if self.secret_owner is None:
            return _allowed(self.secret_names or ())
        return f'a workflow may read secrets that begin with its own name, such as "{self.secret_owner}_…"'

    def _check_private(self, host: str, verb: str, key: str) -> None:
        """Refuse a host that leads to a private address; a name nobody knows leads nowhere."""
        if self.private_networks:
            return
        for address in addresses_of(host):
            if not is_public(address) and not is_named(host, address, self.private_hosts):
                raise ConnectorProblem("IR502", f'this run may not {verb} the private address "{host}"',
                                       hint=_PRIVATE, key=(key,))  # fmt: skip

    def _check(self, location: Location, folders: tuple[Path, ...] | None, verb: str) -> None:
        if self.schemes is not None and location.scheme not in self.schemes:
            raise ConnectorProblem("IR502", f"this run may not {verb} {location.scheme}:// locations",
                                   hint=_allowed(self.schemes), key=("location",))  # fmt: skip
        if location.path is None:
            if self.hosts is not None and location.host not in self.hosts:
                raise ConnectorProblem("IR502", f'this run may not {verb} the host "{location.host}"',
                                       hint=_allowed(self.hosts), key=("location",))  # fmt: skip
            if location.scheme in _OF_HOSTS:
                self._check_private(location.host, verb, "location")
            return
        real = location.path.resolve()
        if self.hides(real):
            raise ConnectorProblem("IR503", f"this run may not {verb} {location.text}: it is no data of workflows",
                                   hint="the service's own files, and those whose names begin with a point, are closed",
                                   key=("location",))  # fmt: skip
        if verb == "write" and (real in self.kept_files or real.name.lower().endswith(self.kept_endings)):
            raise ConnectorProblem("IR503", f"this run may not write {location.text}: workflows stand in such files",
                                   hint="deliver under another name", key=("location",))  # fmt: skip
        if folders is None:
            return
        if not any(real.is_relative_to(each.resolve()) for each in folders):
            raise ConnectorProblem(
                "IR503",
                f"this run may not {verb} {location.text}: it lies outside the allowed folders",
                hint=_allowed(str(each) for each in folders),
                key=("location",),
            )


def _located(location: str | Path, base: Path | None) -> Location:
    if isinstance(location, Path):
        # A path is itself, even where its name looks like a URL or a member of a zip.
        return Location(text=str(location), scheme="file", path=(base or Path.cwd()) / location)
    return locate(location, base=base or Path.cwd())


def _allowed(words: Iterable[str]) -> str:
    known = sorted(words)
    return "allowed: " + ", ".join(known) if known else "the policy of this run allows none"
