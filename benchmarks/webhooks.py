"""`python -m benchmarks.webhooks`: events that a service accepts and refuses in a second.

A service of its own process without runs (`--slots 0`) over a journal in SQLite takes signed events of 150 bytes over
connections that stay open; each is answered once it is on the disk, and afterwards the journal is asked whether it
holds as many. The client is one process that sends prepared bytes and looks at the status of each answer.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SECRET = "a secret of the benchmark"
BODY = (b'{"id": 17, "type": "order.paid", "customer": {"name": "Ada", "city": "London"}, "amount": 12.50, '
        b'"items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}]}')  # fmt: skip
WORKFLOW = """\
ir_version: "3.1"
name: orders
goal: Take orders.
data_sources:
  - type: webhook
    alias: orders
    webhook_config: {validation: {method: hmac-sha256, secret_ref: orders_secret}, batch_rows: 5000, batch_seconds: 600}
"""


@dataclass(slots=True)
class Load:
    """What one client saw."""

    seconds: float
    statuses: Counter[str]
    latencies_ms: list[float]

    @property
    def per_second(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    def percentile(self, share: float) -> float:
        return sorted(self.latencies_ms)[int(share * (len(self.latencies_ms) - 1))]


class Connection:
    """One connection, on which one request is under way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(30)
        self.began = 0.0
        self._read = b""

    def send(self, request: bytes) -> None:
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> str | None:
        """The status of the answer once all of it is there."""
        part = self.socket.recv(4096)
        if not part:
            raise ConnectionError("the service has hung up")
        self._read += part
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]):
            return None
        self._read = b""
        return head[9:12].decode()


def load(address: tuple[str, int], request: bytes, *, connections: int, seconds: float) -> Load:
    """Send the request over all connections, on each the next one once the answer is there."""
    selector = selectors.DefaultSelector()
    opened = [Connection(address) for _ in range(connections)]
    for each in opened:
        selector.register(each.socket, selectors.EVENT_READ, each)
    found = Load(seconds, Counter(), [])
    first = time.perf_counter()
    for each in opened:
        each.send(request)
    under_way = len(opened)
    while under_way:
        for key, _ in selector.select(timeout=30):
            connection: Connection = key.data
            status = connection.status()
            if status is None:
                continue
            now = time.perf_counter()
            found.statuses[status] += 1
            found.latencies_ms.append((now - connection.began) * 1000)
            if now - first < seconds:
                connection.send(request)
            else:
                under_way -= 1
    found.seconds = time.perf_counter() - first
    for each in opened:
        each.socket.close()
    return found


@contextmanager
def served(folder: Path, *, database: str | None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service over the folder, and the URL of its webhook."""
    (folder / "orders.yaml").write_text(WORKFLOW)
    root = str(Path(__file__).parents[1])
    environment = {**os.environ, "WEIRFLOW_HOME": str(folder / ".weirflow"), "WEIRFLOW_ORDERS_SECRET": SECRET,
                   "PYTHONPATH": root, "WEIRFLOW_SERVICE_WEBHOOK_WAITING": "10000000"}  # fmt: skip
    if database is not None:
        environment["WEIRFLOW_JOURNAL"] = database
    command = [sys.executable, "-m", "engine.cli"]
    log = folder / "service.log"
    with log.open("w") as told:
        process = subprocess.Popen([*command, "serve", str(folder), "--port", "0", "--slots", "0"], env=environment,
                                   stderr=told, text=True, cwd=folder)  # fmt: skip
    while "serves" not in log.read_text() and process.poll() is None:
        time.sleep(0.05)
    address = log.read_text().strip().rpartition(" ")[2]
    try:
        listed = subprocess.run([*command, "webhooks", "list", "--url", address, "--format", "json"], env=environment,
                                capture_output=True, text=True, check=True, cwd=folder).stdout  # fmt: skip
        time.sleep(2)
        yield process, json.loads(listed)[0]["url"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def request_to(path: str, signature: str) -> bytes:
    """The bytes of one event."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Signature: {signature}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    return head.encode() + BODY


def cpu_s(pid: int) -> float:
    """The processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """The memory that a process holds."""
    [line] = [each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS")]
    return int(line.split()[1]) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--database", help="a PostgreSQL database in place of SQLite")
    given = parser.parse_args()
    right = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    print(f"{'':24}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms each':>13}{'MB':>6}  answers")
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), database=given.database) as (process, url):
        parts = urlsplit(url)
        address = (str(parts.hostname), int(parts.port or 0))
        accepted = 0
        for name, request in (
            ("stored", request_to(parts.path, right)),
            ("bad signature (401)", request_to(parts.path, right.translate(str.maketrans("0a", "a0")))),
            ("no signature (401)", request_to(parts.path, "")),
        ):
            before = cpu_s(process.pid)
            found = load(address, request, connections=given.connections, seconds=given.seconds)
            accepted += found.statuses["202"]
            each_ms = (cpu_s(process.pid) - before) / sum(found.statuses.values()) * 1000
            print(f"{name:24}{found.per_second:8,.0f}{found.percentile(0.5):9.1f}{found.percentile(0.99):9.1f}"
                  f"{each_ms:13.3f}{memory_mb(process.pid):6.0f}  {dict(found.statuses)}")  # fmt: skip
        if given.database is None:
            with sqlite3.connect(Path(folder) / ".weirflow" / "journal.db") as journal:
                stored = journal.execute("select count(*) from weirflow_inbox").fetchone()[0]
            print(f"accepted {accepted:,}, found in the journal {stored:,}")
            assert stored == accepted


if __name__ == "__main__":
    main()
