"""Google Drive as a store."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials
from connectors.storage.drive.credentials import read_credentials
from connectors.storage.drive.files import DriveFileSystem
from connectors.storage.drive.problems import SeveralOfOneName, drive_problem
from connectors.storage.kinds import StoreKind
from connectors.storage.store import Store, Upload
from connectors.storage.waiting import wait_for


class DriveStore(Store):
    """A drive of the account, or a shared one."""

    reads_ranges: ClassVar[bool] = True

    def __init__(self, *, kind: StoreKind, scheme: str, credentials: Credentials, policy: Policy) -> None:
        super().__init__(kind=kind, scheme=scheme, credentials=None, policy=policy)
        self._own = read_credentials(credentials, policy)

    @cached_property
    def system(self) -> DriveFileSystem:
        return DriveFileSystem(credentials=self._own, policy=self.policy, skip_instance_cache=True,
                               use_listings_cache=False)  # fmt: skip

    def inner(self, url: str) -> str:
        return str(DriveFileSystem._strip_protocol(url))

    def exists(self, inner: str) -> bool:
        return wait_for(self.system.loop, self._exists(inner))

    async def _exists(self, inner: str) -> bool:
        if "/" in inner:
            await self.system.check_top(inner)
        try:
            facts = await self.system.facts(inner)
        except FileNotFoundError:
            return False
        if facts["twins"]:
            raise SeveralOfOneName(inner, int(facts["twins"]) + 1)
        return bool(facts["type"] == "file")

    def remove(self, inner: str) -> None:
        with suppress(FileNotFoundError):
            self.system.rm_file(inner)

    def put(self, path: Path, inner: str, upload: Upload) -> str | None:
        return wait_for(self.system.loop, self.system.upload(path, inner, upload))

    def problem(self, error: Exception, shown: str, *, verb: str) -> ConnectorProblem:
        return drive_problem(error, shown, verb=verb)
