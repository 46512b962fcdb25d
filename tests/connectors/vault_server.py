"""A server that answers as HashiCorp Vault documents it: mounts, and the key-value engines of version 1 and 2."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hvs.A-token-of-the-tests"

SECRETS: dict[str, dict[str, Any]] = {
    # https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version
    "secret/data/team/shop": {"data": {"data": {"url": "sqlite:///from-vault.db", "parts": {"path": "parts.db"}},
                                       "metadata": {"version": 3, "deletion_time": "", "destroyed": False}}},
    # https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v1#read-secret
    "old/team/shop": {"data": {"url": "sqlite:///from-version-1.db"}},
}  # fmt: skip
MOUNTS = {"secret": "2", "old": "1"}


class _Vault(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/v1/")
        if self.headers.get("X-Vault-Token") != TOKEN or path.startswith("secret/data/closed"):
            self._answer(403, {"errors": ["permission denied"]})
        elif path.startswith("secret/data/broken"):
            self._answer(500, {"errors": ["internal error"]})
        elif path.startswith("sys/internal/ui/mounts/"):
            self._mount(path.removeprefix("sys/internal/ui/mounts/").partition("/")[0])
        elif path in SECRETS:
            self._answer(200, SECRETS[path])
        else:
            self._answer(404, {"errors": []})

    def _mount(self, name: str) -> None:
        if name not in MOUNTS or not getattr(self.server, "tells_mounts", True):
            self._answer(403, {"errors": ["preflight capability check returned 403"]})
            return
        options = {"version": MOUNTS[name]} if MOUNTS[name] != "1" else None
        self._answer(200, {"data": {"path": f"{name}/", "type": "kv", "options": options}})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        written = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def vault_server(*, tells_mounts: bool = True) -> Iterator[str]:
    """Its address while it runs. One that tells no mounts is met with a token that may read only its own secrets."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Vault)
    server.tells_mounts = tells_mounts  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
