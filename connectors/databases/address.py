"""Which database: what a credential or a path says, taken apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.secrets.secret import Secret
from ir.records import dataclass

_SCHEMES = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "mongodb": "mongodb",
    "mongodb+srv": "mongodb",
}
_PORTS = {"postgres": 5432, "mysql": 3306, "mongodb": 27017}
_FURTHER_HOSTS = re.compile(r"(?<=[^/,@]),[^/?@]*(?=[/?]|$)")
"""Those behind the first in a URL of MongoDB."""
_PARTS = frozenset({"host", "port", "user", "username", "password", "database", "dbname", "path", "options", "url"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One database. `kind` is postgres, mysql, sqlite or mongodb; `path` is set for sqlite only.

    `url` is the credential where that was one. Neither it nor the password shows in a repr.
    """

    kind: str
    host: str = ""
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    path: Path | None = None
    url: str | None = field(default=None, repr=False)
    warnings: tuple[ConnectorProblem, ...] = field(default=(), repr=False, compare=False)
    """What is to be said of where its credential is kept."""
    policy: Policy | None = field(default=None, repr=False, compare=False)
    """Asked of each address that is connected to, where it matters which that is."""

    @property
    def shown(self) -> str:
        """Which database it is, for people; no user, no password, no options."""
        if self.path is not None:
            return str(self.path)
        port = f":{self.port}" if self.port and self.port != _PORTS.get(self.kind) else ""
        return f"{self.database or 'the default database'} on {self.host or 'localhost'}{port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that may be asked: a URL of MongoDB may name several, and so may the options of PostgreSQL."""
        if self.path is not None:
            return ()
        named = self.url.partition("://")[2].partition("/")[0].rpartition("@")[2] if self.url else ""
        further = [each.partition(":")[0] for each in named.split(",")[1:]]
        for option in ("host", "hostaddr", "unix_socket"):
            further += [_host(each) for each in self.options.get(option, "").split(",") if each]
        return tuple(dict.fromkeys((self.host, *further)))

    @property
    def checking(self) -> Policy | None:
        """The policy that each connection asks where a name leads to; None where it may lead anywhere."""
        return self.policy if self.policy is not None and self.policy.checks_addresses else None

    @property
    def identity(self) -> str:
        """The same text for the same database and credentials; a hash that does not show them."""
        told = repr((self.kind, self.host, self.port, self.user, self.password, self.database,
                     sorted(self.options.items()), str(self.path or ""), self.url))  # fmt: skip
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def same_server(self) -> str:
        """The same text for one database of one server, whoever asks it."""
        return f"{self.kind}:{self.host}:{self.port}:{self.database}:{self.path or ''}:{self.user}"


def _host(text: str) -> str:
    """The host of an option; a socket is one of this machine."""
    return "localhost" if text.startswith(("/", "@")) else text


def file_address(path: Path) -> Address:
    """The SQLite database of a file."""
    return Address(kind="sqlite", path=path)


def address_of(kind: str, secret: Secret, *, base: Path) -> Address:
    """The database that a credential names: a URL, or a JSON object of its parts.

    Raises:
        ConnectorProblem: IR591 where the credential is none for a database of this kind; it is never quoted.
    """
    if kind == "supabase":
        found = address_of("postgres", secret, base=base)
        return replace(found, options={"sslmode": "require", **found.options})
    parts = secret.parts()
    if parts is None and secret.text.lstrip().startswith("{"):
        raise _wrong(secret, "is no JSON object, though it begins as one", "look at its quotes, commas and braces")
    if parts is None:
        return _of_url(kind, secret, base)
    unknown = sorted(set(parts) - _PARTS)
    if unknown:
        raise _wrong(secret, f"has the unknown part {unknown[0]}", f"the parts are {', '.join(sorted(_PARTS))}")
    if "url" in parts:
        return _of_url(kind, Secret(secret.reference, str(parts["url"])), base)
    return _of_parts(kind, parts, secret, base)


def _of_parts(kind: str, parts: Mapping[str, Any], secret: Secret, base: Path) -> Address:
    if kind == "sqlite":
        if not parts.get("path"):
            raise _wrong(secret, "has no path", 'write {"path": "data.db"}')
        return file_address(base / str(parts["path"]))
    options = parts.get("options") or {}
    try:
        port = int(parts["port"]) if parts.get("port") else _PORTS.get(kind)
    except (TypeError, ValueError):
        raise _wrong(secret, "has a port that is no number", "write a number") from None
    if not isinstance(options, Mapping):
        raise _wrong(secret, "has options that are no object", 'write {"sslmode": "require"}')
    return Address(
        kind=kind, host=str(parts.get("host") or "localhost"), port=port,
        user=parts.get("user") or parts.get("username"), password=parts.get("password"),
        database=str(parts.get("database") or parts.get("dbname") or ""),
        options={str(key): str(value) for key, value in options.items()},
    )  # fmt: skip


def _of_url(kind: str, secret: Secret, base: Path) -> Address:
    text = secret.text.strip()
    try:
        url = urlsplit(_FURTHER_HOSTS.sub("", text) if kind == "mongodb" else text)
        port = url.port
    except ValueError:
        raise _wrong(secret, "is no URL", "special characters of a password are written %40 and so on") from None
    scheme = url.scheme.lower().partition("+")[0] if url.scheme.lower() != "mongodb+srv" else "mongodb+srv"
    if _SCHEMES.get(scheme) != kind:
        raise _wrong(secret, f"is no URL of a {kind} database", f"write {kind_scheme(kind)}://…")
    if kind == "sqlite":
        path = unquote(secret.text.strip().split("://", 1)[-1].split("?", 1)[0])
        return file_address(base / path.removeprefix("/") if not path.startswith("//") else Path(path[1:]))
    return Address(
        kind=kind, host=url.hostname or "localhost", port=port or _PORTS.get(kind),
        user=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        database=unquote(url.path.lstrip("/")), options=dict(parse_qsl(url.query)), url=secret.text.strip(),
    )  # fmt: skip


def kind_scheme(kind: str) -> str:
    """The scheme that URLs of this kind of database begin with."""
    return {"postgres": "postgresql", "mysql": "mysql", "sqlite": "sqlite", "mongodb": "mongodb"}[kind]


def _wrong(secret: Secret, message: str, hint: str) -> ConnectorProblem:
    return ConnectorProblem("IR591", f"the secret {secret.reference} {message}", key=("credentials_ref",), hint=hint)
