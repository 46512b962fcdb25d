"""The processes of runs: kept warm, one run at a time in each, thrown away when something went wrong in them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from engine.service.runners.protocol import Job, Outcome, read
from engine.service.settings import ServiceSettings
from engine.service.store.starts import Start


class RunnerPool:
    """As many processes as there are runs at once."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._idle: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()

    def carry_out(self, start: Start, *, tenant: str) -> Outcome:
        """Have a process carry the attempt out; blocks until it has ended, whatever way."""
        with self._runner() as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(Job(tenant=tenant, run_id=start.run_id, attempt=start.attempt).line() + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                return Outcome(status="failed", error=f"the process of the run ended ({process.wait()})")
            return Outcome(**read(line)["outcome"])

    @contextmanager
    def _runner(self) -> Iterator[subprocess.Popen[str]]:
        with self._lock:
            process = self._idle.pop() if self._idle else None
        if process is None:
            command = [sys.executable, "-m", "engine.service.runners.child", self._settings.as_json()]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        yield process
        if process.poll() is None:
            with self._lock:
                self._idle.append(process)

    def close(self) -> None:
        """End the processes; what one carries out is cancelled."""
        for each in self._idle:
            assert each.stdin is not None
            each.stdin.close()
            each.wait()
