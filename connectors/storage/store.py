"""A store that is open: one account of it, behind an fsspec file system."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any, ClassVar, cast

from connectors.dialling import addresses_to
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.retry_after import seconds_of
from connectors.storage.account import Credentials
from connectors.storage.kinds import StoreKind, no_file_system
from ir.reasons import RetryReason, reason_of_status
from ir.records import dataclass

_FOLDER_SCHEMES = {"sftp", "ssh", "ftp", "smb", "webdav", "hdfs", "webhdfs"}
"""Systems whose folders must exist first; an object store would make a bucket of them."""

_BY_ADDRESS = {"sftp", "ssh", "ftp"}
"""Systems whose host may be written as an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """How a file is put in its place."""

    overwrite: bool
    media_type: str = "application/octet-stream"
    public: bool = False
    token: str = field(default_factory=lambda: os.urandom(16).hex())
    """By it a store that lost an answer is asked whether the file there is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file in a store. `path` is its name for the file system; `version` changes with its content, where known."""

    path: str
    size: int | None
    modified: datetime | None = None
    version: str = ""
    twins: int = 0
    """How many other files have the very same path, in a store that lets them."""


class Store:
    """Any file system that fsspec knows; stores with more to them derive from it.

    Its methods raise what their library raises: `problem` puts that in words.
    """

    reads_ranges: ClassVar[bool] = False
    """Whether a part of a file costs no more than that part."""

    def __init__(self, *, kind: StoreKind, scheme: str, credentials: Credentials, policy: Policy) -> None:
        self.kind = kind
        self.scheme = scheme
        self.policy = policy
        self._credentials = credentials
        self._urls: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<{self.kind.name}>"

    @cached_property
    def system(self) -> Any:
        """The fsspec file system; its listings and itself are not kept for others."""
        import fsspec

        try:
            found = fsspec.get_filesystem_class(self.scheme)
            options = dict(self._credentials) if isinstance(self._credentials, Mapping) else {}
            if self.policy.checks_addresses:
                options |= self._checked(options)
            return found(
                **{**self._urls, **options}, use_listings_cache=False, skip_instance_cache=self.scheme != "memory"
            )
        except ImportError as error:
            raise no_file_system(self.scheme) from error

    def _checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """What makes the file system connect to addresses that were checked, where there is such a thing.

        Raises:
            ConnectorProblem: IR502 where the policy forbids the host or one of its addresses.
            OSError: its name leads nowhere.
        """
        if self.scheme in {"http", "https"}:
            return {"get_client": self._client}
        host = options.get("host", self._urls.get("host"))
        if self.scheme in _BY_ADDRESS and host:
            # none of them asks for a certificate of the name, nor for one of its keys
            return {"host": addresses_to(str(host), self.policy)[0]}
        return {}

    async def _client(self, **options: Any) -> Any:
        import aiohttp

        from connectors.http.addresses import CheckedConnector

        return aiohttp.ClientSession(**{**options, "connector": CheckedConnector(self.policy), "trust_env": False})

    def inner(self, url: str) -> str:
        """The path that a URL has in the file system."""
        import fsspec

        try:
            found = fsspec.get_filesystem_class(self.scheme)
        except ImportError as error:
            raise no_file_system(self.scheme) from error
        # Of sftp://user@host/file the file system is made for user and host.
        self._urls.update(found._get_kwargs_from_urls(url))
        return cast(str, found._strip_protocol(url))

    def url(self, inner: str) -> str:
        """The URL of a path in the file system."""
        return cast(str, self.system.unstrip_protocol(inner))

    def glob(self, pattern: str) -> list[Found]:
        """The files a pattern matches, sorted by path."""
        found: dict[str, dict[str, Any]] = self.system.glob(pattern, detail=True)
        return [self.found(found[each]) for each in sorted(found) if found[each].get("type") != "directory"]

    def info(self, inner: str) -> Found | None:
        """The file at a path, None where there is none."""
        # Of the web's file system only `strict` tells a server that is not there or refuses from a missing file.
        if self.scheme in {"http", "https"} and not self.system.exists(inner, strict=True):
            return None
        try:
            facts = self.system.info(inner)
        except FileNotFoundError:
            return None
        return None if facts.get("type") == "directory" else self.found(facts)

    def found(self, facts: Mapping[str, Any]) -> Found:
        """A file by what the file system says of it."""
        modified = next((facts[each] for each in ("LastModified", "modified", "mtime", "created")
                         if isinstance(facts.get(each), datetime)), None)  # fmt: skip
        version = next((str(facts[each]) for each in ("ETag", "etag", "version") if facts.get(each)), "")
        return Found(path=str(facts["name"]), size=facts.get("size"), modified=modified, version=version,
                     twins=int(facts.get("twins", 0)))  # fmt: skip

    def exists(self, inner: str) -> bool:
        """Whether a file stands there; a store that could not take one says so now."""
        return bool(self.system.exists(inner))

    def open(self, inner: str) -> IO[bytes]:
        """The bytes from the start."""
        return cast("IO[bytes]", self.system.open(inner, "rb"))

    def tail(self, inner: str, size: int, length: int) -> bytes:
        """The last bytes of a file."""
        return cast(bytes, self.system.cat_file(inner, start=max(size - length, 0), end=size))

    def put(self, path: Path, inner: str, upload: Upload) -> str | None:
        """A local file in its place, whole or not at all; the link to it where it is public.

        Raises:
            FileExistsError: it may not be overwritten, and something stands there.
        """
        if not upload.overwrite and self.system.exists(inner):
            raise FileExistsError(inner)
        try:
            if self.scheme in _FOLDER_SCHEMES:
                self.system.makedirs(inner.rpartition("/")[0], exist_ok=True)
            self.system.put_file(str(path), inner)
        except BaseException:
            if not upload.overwrite:
                self.remove(inner)  # what arrived in part must not stay
            raise
        return None

    def remove(self, inner: str) -> None:
        """Take a file away again."""
        if self.system.exists(inner):
            self.system.rm_file(inner)

    def network_file(self, inner: str) -> tuple[str, Mapping[str, str]] | None:
        """A URL and options with which Polars itself reads parts of the file; None where it cannot."""
        return None

    def problem(self, error: Exception, shown: str, *, verb: str) -> ConnectorProblem:
        """What went wrong in words; `verb` is what was to be done with it. The library's text may hold secrets."""
        code = "IR608" if verb == "written" else "IR506"
        if isinstance(error, PermissionError):
            return ConnectorProblem("IR586", f"{shown} could not be {verb}: access was denied",
                                    key=("location",), hint="check what the credentials may do there")  # fmt: skip
        status = getattr(error, "status", None)
        reason = f"the server answered {status}" if status else type(error).__name__
        return ConnectorProblem(code, f"{shown} could not be {verb}: {reason}", key=("location",),
                                hint="check the address, the network and the credentials",
                                reason=_passing(error, status), retry_after_s=_asked_s(error))  # fmt: skip


def _passing(error: Exception, status: object) -> RetryReason | None:
    """The kind of failure, where it is one that passes; the libraries of stores have no class for it in common."""
    if isinstance(status, int):
        return reason_of_status(status)
    if isinstance(error, TimeoutError):
        return "timeout"
    names = {each.__name__ for each in type(error).__mro__}
    return "network_error" if names & {"ConnectionError", "gaierror", "ClientConnectionError"} else None


def _asked_s(error: Exception) -> float | None:
    """How long the server asks to be left alone, where the library kept that."""
    headers = getattr(error, "headers", None)
    return seconds_of(headers.get("Retry-After")) if isinstance(headers, Mapping) else None
