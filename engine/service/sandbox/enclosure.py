"""Which files the processes of runs need: all others are closed to them by the kernel."""

from __future__ import annotations

import os
import re
import shutil
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from connectors.configuration import every_named, everything
from connectors.home import home
from connectors.problem import ConnectorProblem
from engine.journal.journal import Journal
from engine.journal.place import journal_url
from engine.service.sandbox.interpreter import read_by_python
from engine.service.sandbox.landlock import Access
from engine.service.sandbox.network import ports_of
from engine.service.settings import ServiceSettings
from ir.records import dataclass

Rules = tuple[tuple[str, Access], ...]
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store", "/gnu/store")
_ETC = (
    "alternatives", "ca-certificates", "crypto-policies", "fonts", "gai.conf", "group", "host.conf", "hosts",
    "krb5.conf", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias", "locale.conf", "localtime", "mime.types",
    "nsswitch.conf", "odbc.ini", "odbcinst.ini", "os-release", "passwd", "pki", "protocols", "resolv.conf", "services",
    "ssl", "timezone",
)  # fmt: skip
_MACHINE = (
    "/run/systemd/resolve", "/var/lib/ca-certificates", "/proc/cpuinfo", "/proc/filesystems", "/proc/meminfo",
    "/proc/stat", "/proc/sys", "/proc/uptime", "/proc/version", "/sys/devices/system", "/sys/fs/cgroup",
    "/sys/kernel/mm", "/dev/random", "/dev/urandom", "/dev/zero",
)  # fmt: skip
_OF_TRACES = re.compile(r"OTEL_EXPORTER_OTLP_(TRACES_)?(CERTIFICATE|CLIENT_KEY|CLIENT_CERTIFICATE)")
_OF_ROLES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
_OF_HOME: Mapping[str, Access] = {"runs": "write", "cache": "write", "plugins": "read"}
"""What of the service's home is a run's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlaces:
    """Where the service keeps what is its own: the home, and the files of a journal that is one."""

    home: Path
    journal: tuple[str, ...]
    journal_keys: tuple[str, ...]
    """What the driver of a journal on a server reads: passwords, certificates."""

    @classmethod
    def now(cls) -> OwnPlaces:
        url = journal_url()
        if url.drivername == "sqlite":
            files = tuple(f"{url.database}{end}" for end in ("", "-wal", "-shm"))
            return cls(home=home(), journal=files, journal_keys=())
        named = (url.query.get(each) for each in ("sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"))
        usual = (os.path.expanduser(each) for each in ("~/.pgpass", "~/.pg_service.conf", "~/.postgresql"))
        keys = (*(each for each in named if isinstance(each, str)), *usual)
        return cls(home=home(), journal=(), journal_keys=keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """What a new process of runs may touch."""

    rules: Rules
    closed: tuple[str, ...]
    """The service's own places: where a folder that may be read has one in it, all but this is allowed one by one."""
    ports: tuple[int, ...] | None
    """The only ones of the network that it may connect to; None for all."""

    def as_json(self) -> dict[str, Any]:
        return {"rules": self.rules, "closed": self.closed, "ports": self.ports}

    def stamp(self) -> tuple[tuple[int, int] | None, ...]:
        """Which files and folders these are now: a process holds to those that there were when it was started."""
        return tuple(_identity(path) for path, _ in self.rules)


def enclosure_of(settings: ServiceSettings, own: OwnPlaces, *, environment: Mapping[str, str], scratch: Path,
                 folder: Path | None = None) -> Enclosure:  # fmt: skip
    """For a process whose temporary folder is `scratch`, and whose workflows are those in `folder`, or all.

    Raises:
        OSError: no Python starts there.
    """
    system: Access = "run" if settings.programs else "read"
    rules: list[tuple[str, Access]] = [
        *((each, system) for each in (*_SYSTEM, *read_by_python(environment))),
        *((f"/etc/{each}", "read") for each in _ETC),
        *((each, "read") for each in (*_MACHINE, *_certificates(environment, own), *_named(environment))),
        *((each, "read") for each in (*_keys(settings, environment), *own.journal_keys)),
        ("/dev/null", "write"),
        *((str(own.home / name), access) for name, access in _OF_HOME.items()),
        *((each, "write") for each in (*own.journal, str(folder or settings.folder), str(scratch))),
        *((each, "write") for each in _listed(environment, "POLARS_TEMP_DIR")),
        *((each, system) for each in settings.read_paths),
        *((each, "write") for each in settings.write_paths),
        *((each, "run") for each in _programs(settings, own)),
    ]  # fmt: skip
    return Enclosure(rules=tuple(rules), closed=(str(own.home), *own.journal), ports=ports_of(settings, environment))


def prepare(own: OwnPlaces, journal: Journal) -> None:
    """Make what a process of runs cannot make for itself: folders of the home, and the files of the journal, which
    stay as long as it is open here."""
    for name, access in _OF_HOME.items():
        if access == "write":
            with suppress(OSError):
                (own.home / name).mkdir(parents=True, exist_ok=True)
    if own.journal:
        with suppress(ConnectorProblem), journal.writing():
            pass


def _certificates(environment: Mapping[str, str], own: OwnPlaces) -> Iterator[str]:
    paths = ssl.get_default_verify_paths()
    named = [
        environment.get(each) for each in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    ]
    for each in (paths.cafile, paths.capath, paths.openssl_cafile, paths.openssl_capath, *named):
        if each:
            yield each
    with suppress(ConnectorProblem):  # told by the run that needs it
        mail = everything(own.home).get("mail")
        if isinstance(mail, dict) and "ca_file" in mail:
            yield os.path.expanduser(str(mail["ca_file"]))


def _named(environment: Mapping[str, str]) -> Iterator[str]:
    """Fonts, data of time zones, libraries, and what traces are sent with."""
    yield from _listed(environment, "WEIRFLOW_FONTS", "TZDIR", "PYTHONTZPATH", "LD_LIBRARY_PATH")
    yield from (path for name, path in environment.items() if _OF_TRACES.fullmatch(name))


def _keys(settings: ServiceSettings, environment: Mapping[str, str]) -> Iterator[str]:
    """Where the machine's own accounts stand which workflows may use."""
    if "aws" in settings.secrets:
        yield os.path.expanduser("~/.aws")
        yield from _listed(environment, "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE")
        # such a file is replaced from time to time, also while a run goes on
        yield from map(os.path.dirname, _listed(environment, *_OF_ROLES))
    if any(each.startswith("vault:") for each in settings.secrets):
        yield os.path.expanduser("~/.vault-token")
        yield from _listed(environment, "VAULT_CACERT")


def _listed(environment: Mapping[str, str], *names: str) -> Iterator[str]:
    """The paths of variables that hold one, or several as PATH does."""
    for name in names:
        yield from (os.path.expanduser(each) for each in environment.get(name, "").split(os.pathsep) if each)


def _programs(settings: ServiceSettings, own: OwnPlaces) -> Iterator[str]:
    """The programs of config.toml that workflows may use."""
    if not settings.programs:
        return
    with suppress(ConnectorProblem):  # told by the run that needs it
        yield from _started(every_named("mcp", own.home))


def _started(servers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for parts in servers.values():
        command = str(parts.get("command") or "")
        found = shutil.which(os.path.expanduser(command)) if command else None
        if found is not None:
            yield found
            yield os.path.realpath(found)
        if parts.get("cwd"):
            yield os.path.expanduser(str(parts["cwd"]))


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
