"""A server that speaks MongoDB's protocol: how it is made, started and asked.

No package of Debian, PyPI or npm holds a mongod. SecantusDB comes from PyPI: MongoDB's wire protocol, commands, roles,
transactions and error codes over WiredTiger, the storage that MongoDB itself uses.
"""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.servers.account import unprivileged
from tests.servers.running import PATIENCE_S, Access, free_port

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.database import Database


class MongoDB:
    """A replica set of one member; `standalone` is a server without one, which has no transactions."""

    title = "SecantusDB"
    packages: Sequence[str] = ()
    leaves_root = False
    stop_signal = signal.SIGTERM

    def __init__(self, *, standalone: bool = False) -> None:
        self._more = ["--standalone"] if standalone else []

    def is_installed(self) -> bool:
        return importlib.util.find_spec("secantus") is not None

    def prepare(self, home: Path, access: Access) -> None:
        """Makes the administrator, while the server asks for no password yet."""
        port = free_port()
        server = subprocess.Popen(self._command(home, port), cwd=home, **unprivileged() if self.leaves_root else {})
        try:
            client = _client(port)
            _patiently(lambda: client.admin.command("createUser", access.admin, pwd=access.admin_password,
                                                    roles=["root"]))  # fmt: skip
            client.admin.command("createUser", access.user, pwd=access.password, roles=[])
            client.close()
        finally:
            server.send_signal(self.stop_signal)
            server.wait(timeout=PATIENCE_S)

    def command(self, home: Path, port: int) -> list[str]:
        return [*self._command(home, port), "--auth", "--enable-test-commands", *self._more]

    def settle(self, home: Path, access: Access) -> None:
        with admin(access) as client:
            client.admin.command("ping")

    def _command(self, home: Path, port: int) -> list[str]:
        return [
            sys.executable, "-m", "secantus", "--host", "127.0.0.1", "--port", str(port),
            "--storage-path", str(home / "data"), "--log-level", "WARNING", "--cache-size", "256M",
        ]  # fmt: skip


def admin(access: Access) -> MongoClient[dict[str, Any]]:
    return _client(access.port, username=access.admin, password=access.admin_password)


def _client(port: int, **options: Any) -> MongoClient[dict[str, Any]]:
    from pymongo import MongoClient

    return MongoClient("127.0.0.1", port, serverSelectionTimeoutMS=5000, directConnection=True, **options)


def _patiently(act: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            act()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """An empty database of the test's own, whose `user` may read and write it and nothing else."""

    access: Access
    client: MongoClient[dict[str, Any]]
    """The administrator's."""
    name: str

    @property
    def database(self) -> Database[dict[str, Any]]:
        return self.client[self.name]

    @property
    def url(self) -> str:
        return self.url_as(self.access.user, self.access.password)

    def url_as(self, user: str, password: str, *, port: int | None = None, options: str = "") -> str:
        signed = f"{quote(user, safe='')}:{quote(password, safe='')}"
        place = f"{self.access.host}:{port or self.access.port}"
        return f"mongodb://{signed}@{place}/{self.name}?authSource=admin{options}"

    def insert(self, collection: str, *documents: dict[str, Any]) -> None:
        self.database[collection].insert_many(documents)

    def rows(self, collection: str) -> list[dict[str, Any]]:
        """Its documents without their _id, in the order they were inserted."""
        return list(self.database[collection].find({}, {"_id": 0}))

    def create(self) -> None:
        self.client.admin.command("grantRolesToUser", self.access.user, roles=[{"role": "readWrite", "db": self.name}])

    def drop(self) -> None:
        self.client.drop_database(self.name)
        self.client.close()
