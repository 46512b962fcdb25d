"""Dropbox as a store."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import ClassVar

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials
from connectors.storage.dropbox.credentials import read_credentials
from connectors.storage.dropbox.files import DropboxFileSystem
from connectors.storage.dropbox.problems import dropbox_problem
from connectors.storage.kinds import StoreKind
from connectors.storage.store import Store, Upload
from connectors.storage.waiting import wait_for


class DropboxStore(Store):
    """A member's folder, or a team's space."""

    reads_ranges: ClassVar[bool] = True

    def __init__(self, *, kind: StoreKind, scheme: str, credentials: Credentials, policy: Policy) -> None:
        super().__init__(kind=kind, scheme=scheme, credentials=None, policy=policy)
        self._own = read_credentials(credentials, policy)

    @cached_property
    def system(self) -> DropboxFileSystem:
        return DropboxFileSystem(credentials=self._own, policy=self.policy, skip_instance_cache=True,
                               use_listings_cache=False)  # fmt: skip

    def inner(self, url: str) -> str:
        return str(DropboxFileSystem._strip_protocol(url))

    def remove(self, inner: str) -> None:
        wait_for(self.system.loop, self.system.delete(inner))

    def put(self, path: Path, inner: str, upload: Upload) -> str | None:
        return wait_for(self.system.loop, self.system.upload(path, inner, upload))

    def problem(self, error: Exception, shown: str, *, verb: str) -> ConnectorProblem:
        return dropbox_problem(error, shown, verb=verb)
