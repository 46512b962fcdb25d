"""An S3 server: moto's, in a process of its own."""

from __future__ import annotations

import signal
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from tests.servers.running import Access


class S3:
    title = "moto's S3 server"
    packages: Sequence[str] = ()
    leaves_root = False
    stop_signal = signal.SIGTERM

    def is_installed(self) -> bool:
        return True

    def prepare(self, home: Path, access: Access) -> None:
        """Nothing: its objects are in its memory."""

    def command(self, home: Path, port: int) -> list[str]:
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]

    def settle(self, home: Path, access: Access) -> None:
        urllib.request.urlopen(f"http://{access.host}:{access.port}/moto-api/", timeout=10).close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """An empty bucket of the test's own; the server takes any keys, these are made up for the session."""

    endpoint: str
    name: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"

    def create(self) -> None:
        self._ask("PUT", "")

    def put(self, key: str, content: bytes) -> None:
        self._ask("PUT", f"/{quote(key)}", content)

    def get(self, key: str) -> bytes:
        return self._ask("GET", f"/{quote(key)}")

    def keys(self) -> list[str]:
        """The names of the first thousand objects."""
        root = ElementTree.fromstring(self._ask("GET", "?list-type=2"))
        return [each.text or "" for each in root.iterfind(".//{*}Contents/{*}Key")]

    def changed(self, key: str) -> str:
        """When the object was written, as the server counts versions: another text for every writing."""
        root = ElementTree.fromstring(self._ask("GET", f"?list-type=2&prefix={quote(key)}"))
        return str(root.findtext(".//{*}Contents/{*}LastModified")) + str(root.findtext(".//{*}Contents/{*}ETag"))

    def uploads(self) -> list[str]:
        """The names of the objects whose parts have come and that were never completed."""
        root = ElementTree.fromstring(self._ask("GET", "?uploads"))
        return [each.text or "" for each in root.iterfind(".//{*}Upload/{*}Key")]

    def remove(self, key: str) -> None:
        self._ask("DELETE", f"/{quote(key)}")

    def drop(self) -> None:
        while names := self.keys():
            for each in names:
                self._ask("DELETE", f"/{quote(each)}")
        self._ask("DELETE", "")

    def _ask(self, method: str, path: str, content: bytes | None = None) -> bytes:
        # The server wants to know who asks, and believes it.
        signed = f"AWS4-HMAC-SHA256 Credential={self.access_key}/20260101/{self.region}/s3/aws4_request, Signature=0"
        request = urllib.request.Request(
            f"{self.endpoint}/{self.name}{path}", data=content, method=method,
            headers={"Authorization": signed, "Content-Type": "application/octet-stream"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())
