"""An Azure Blob Storage server: Azurite, in a process of its own, without what it would tell its makers."""

from __future__ import annotations

import asyncio
import base64
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.policy import Policy
from connectors.storage.azure.credentials import AzureCredentials
from connectors.storage.azure.files import AzureFileSystem
from tests.servers.running import PATIENCE_S, Access

_PACKAGE = Path(__file__).parent / "azurite"
_PLACE = Path(sys.prefix) / "azurite"
_PROGRAM = _PLACE / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
_LOCK = "package-lock.json"
ACCOUNT, KEY = (
    "devstoreaccount1",
    base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="),
)
"""The account that every Azurite has, as its documents say."""


class Azurite:
    title = "Azurite"
    leaves_root = False
    stop_signal = signal.SIGTERM

    @property
    def packages(self) -> Sequence[str]:
        return () if shutil.which("node") and shutil.which("npm") else ("nodejs", "npm")

    def is_installed(self) -> bool:
        """Whether the version that is locked is there."""
        locked = _PLACE / _LOCK
        return _PROGRAM.exists() and locked.exists() and locked.read_bytes() == (_PACKAGE / _LOCK).read_bytes()

    def fetch(self) -> bool:
        """Fetch it with npm, as the lock file says; what it has for telemetry and SQL is left out, and not needed."""
        if shutil.which("npm") is None:
            return False
        shutil.rmtree(_PLACE, ignore_errors=True)
        shutil.copytree(_PACKAGE, _PLACE, ignore=shutil.ignore_patterns("node_modules"))
        command = [
            "npm",
            "ci",
            "--ignore-scripts",
            "--omit=dev",
            "--omit=optional",
            "--no-audit",
            "--no-fund",
            "--silent",
        ]
        done = subprocess.run(command, cwd=_PLACE, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            shutil.rmtree(_PLACE, ignore_errors=True)
        return done.returncode == 0

    def prepare(self, home: Path, access: Access) -> None:
        """Nothing: its blobs are in its memory."""

    def command(self, home: Path, port: int) -> list[str]:
        return [shutil.which("node") or "node", str(_PROGRAM), "--inMemoryPersistence", "--disableTelemetry",
                "--silent", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", str(port)]  # fmt: skip

    def settle(self, home: Path, access: Access) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection((access.host, access.port), timeout=5).close()
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """An empty container of the test's own. Azurite checks every signature, those of these requests included."""

    endpoint: str
    name: str

    @property
    def connection_string(self) -> str:
        key = base64.b64encode(KEY).decode()
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={self.endpoint};"

    def create(self) -> None:
        self._ask("PUT", "", {"restype": "container"}, b"")

    def drop(self) -> None:
        self._ask("DELETE", "", {"restype": "container"})

    def put(self, key: str, content: bytes) -> None:
        self._ask("PUT", f"/{key}", {}, content, {"x-ms-blob-type": "BlockBlob"})

    def get(self, key: str) -> tuple[bytes, str]:
        """The bytes and their media type."""
        answer = self._ask("GET", f"/{key}", {})
        return answer.body, answer.headers["Content-Type"]

    def put_block(self, key: str, content: bytes) -> None:
        """A part that no list names: half of an upload."""
        self._ask("PUT", f"/{key}", {"comp": "block", "blockid": base64.b64encode(b"1").decode()}, content)

    def _ask(self, method: str, path: str, params: dict[str, str], body: bytes | None = None,
             headers: dict[str, str] | None = None) -> Any:  # fmt: skip
        async def asked() -> Any:
            own = AzureCredentials(account=ACCOUNT, api_base=self.endpoint, key=KEY)
            system = AzureFileSystem(credentials=own, policy=Policy.open(), asynchronous=True, skip_instance_cache=True)
            try:
                return await system.web.ask(method, f"{self.endpoint}/{self.name}{path}", params=params, body=body,
                                            headers=headers, ok=(200, 201, 202), tries=1)  # fmt: skip
            finally:
                await (await system.web.session()).close()

        return asyncio.run(asked())
