"""Services of the tests: real processes on free ports, each with a home and a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.warm_processes import ran

ORDERS = """\
ir_version: "3.1"
name: orders
goal: Orders over five.
data_sources:
  - {type: file, alias: orders, location: orders.csv}
filters: {conditions: [{field: amount, operator: greater_than, value: 5}]}
delivery_rules:
  file_delivery: {format: csv, filename_template: "over_{{run.id}}.csv"}
"""


@dataclass(slots=True)
class Answer:
    """What the service answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Served:
    """A service that runs: its folder, its home, its address, and keys by their scopes."""

    folder: Path
    home: Path
    url: str
    process: subprocess.Popen[str]
    environment: dict[str, str]
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, scope: str = "admin") -> str:
        """A key with that scope, made once."""
        if scope not in self.keys:
            self.keys[scope] = self.weirflow("keys", "create", f"test-{scope}", "--scope", scope).strip()
        return self.keys[scope]

    def ask(self, method: str, path: str, body: Any = None, *, scope: str | None = "admin",
            headers: Mapping[str, str] | None = None) -> Answer:  # fmt: skip
        """One request; with a `scope` by a key that has it. A body that is no bytes is sent as JSON."""
        sent = dict(headers or {})
        if scope is not None:
            sent["Authorization"] = f"Bearer {self.key(scope)}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as found:
                return Answer(found.status, found.read(), dict(found.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), dict(error.headers))

    def ended(self, run_id: str, *, within_s: float = 90) -> dict[str, Any]:
        """The run once it is over."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            found: dict[str, Any] = self.ask("GET", f"/api/runs/{run_id}").json
            if found["status"] not in {"queued", "running"}:
                return found
            time.sleep(0.05)
        raise AssertionError(f"the run {run_id} is not over after {within_s} s: {found}")

    def weirflow(self, *arguments: str) -> str:
        """What a command of weirflow prints, over the service's journal."""
        done = ran(arguments, env=self.environment, cwd=self.folder, timeout=120)
        done.check_returncode()
        return done.stdout

    def stop(self) -> int:
        """Stop it as systemd does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def serving(folder: Path, *options: str, home: Path | None = None, command: str = "serve",
            variables: Mapping[str, str] | None = None) -> Iterator[Served]:  # fmt: skip
    """A service over the folder until the block ends; what it says goes into `service.log` of its home."""
    home = home or folder / ".weirflow"
    home.mkdir(parents=True, exist_ok=True)
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "WEIRFLOW_HOME": str(home), "PYTHONPATH": root, **(variables or {})}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    asked = [sys.executable, "-m", "engine.cli", command, str(folder), *options]
    if command == "serve":
        asked += ["--port", "0"]
    with (home / "service.log").open("a") as log:
        said_before = log.tell()
        process = subprocess.Popen(asked, env=environment, cwd=folder, stdout=log, stderr=log, text=True)
    try:
        url = _address(process, home / "service.log", said_before)
        yield Served(folder, home, url, process, environment)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[str], log: Path, said_before: int) -> str:
    """Where it listens, once it says so; nothing for a worker, which does not."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        said = log.read_bytes()[said_before:].decode()
        if process.poll() is not None:
            raise AssertionError(f"the service ended with {process.returncode}: {said}")
        if found := re.search(r"weirflow (?:serves .* on (\S+)|works .*)\n", said):
            return found[1] or ""
        time.sleep(0.05)
    raise AssertionError(f"the service does not answer: {said}")


def orders_folder(folder: Path) -> Path:
    """A folder with the workflow orders and its two rows."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "orders.yaml").write_text(ORDERS)
    (folder / "orders.csv").write_text("id,amount\n1,5\n2,7\n")
    return folder
