"""Runs carried out in processes of their own, as a worker has it done, without the web and the queue."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.journal.journal import Journal
from engine.journal.records import RunRecord
from engine.journal.runs import find_run
from engine.journal.tables import logs
from engine.service.runners.pool import RunnerPool
from engine.service.runners.protocol import Outcome
from engine.service.settings import ServiceSettings
from engine.service.store.starts import Cause, Start, add_start, find_start
from tests.engine.service.taking import take_start

_NUMBERS = count(1)


@dataclass(slots=True, kw_only=True)
class Carrying:
    """A pool with its journal; its workflows are given as documents, and their files stand in `folder`."""

    folder: Path
    journal: Journal
    pool: RunnerPool
    environment: dict[str, str]
    """Of the service; a test may add to it."""
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    def asked(self, document: Mapping[str, Any], *, workflow: str = "w", run_id: str | None = None,
              cause: Cause = "manual", options: Mapping[str, Any] | None = None, base: Path | None = None
              ) -> Start:  # fmt: skip
        """A start, taken by this worker."""
        name = run_id or f"20260101T000000-{os.getpid()}{next(_NUMBERS):04}"
        whole = {"ir_version": "3.1", "name": workflow, "goal": "Try.", **document}
        start = find_start(self.journal, name) or add_start(self.journal, Start(
            run_id=name, workflow=workflow, version=1, document=json.dumps(whole), syntax="json", file=None,
            base=str(base or self.folder), cause=cause, options=json.dumps(dict(options or {}))))  # fmt: skip
        taken = take_start(self.journal, name, attempt=start.attempt, worker="test", lease_s=0.0)
        assert taken is not None
        return taken

    def carry_out(self, start: Start) -> Outcome:
        with self.pool.log_of(start) as log:
            return self.pool.carry_out(start, log)

    def begin(self, start: Start) -> Future[Outcome]:
        """The same beside the test."""
        return self.threads.submit(self.carry_out, start)

    def record(self, start: Start) -> RunRecord | None:
        return find_run(self.journal, start.run_id)

    def log(self, start: Start) -> list[tuple[str, str, str]]:
        """The kinds, steps and texts of its lines."""
        asked = select(logs.c.kind, logs.c.step, logs.c.text).where(logs.c.run_id == start.run_id)
        with self.journal.looking() as connection:
            rows = connection.execute(asked.order_by(logs.c.attempt, logs.c.number))
            return [(row.kind, row.step, row.text) for row in rows]

    def wait_for(self, start: Start, kind: str, *, within_s: float = 90) -> None:
        """Wait until the log has a line of that kind: a run tells how it goes while it runs."""
        until = time.monotonic() + within_s
        while kind not in {each for each, _, _ in self.log(start)}:
            assert time.monotonic() < until, f"no {kind} in {self.log(start)}"
            time.sleep(0.02)

    def pid(self, start: Start) -> int:
        """The process that carries the run out."""
        watched = self.pool.watchdog.find(start.run_id)
        assert watched is not None
        return watched.runner.pid


@contextmanager
def carrying(folder: Path, *, home: Path | None = None, variables: Mapping[str, str] | None = None,
             **settings: Any) -> Iterator[Carrying]:  # fmt: skip
    """A pool over the folder, whose home is beside it, or where it says."""
    folder.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIRFLOW_HOME", str(home or folder.with_name(f"{folder.name}-home")))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        environment = {**os.environ, **(variables or {})}
        with Journal() as journal:
            pool = RunnerPool(ServiceSettings(folder=folder, **settings), journal, environment=environment)
            made = Carrying(folder=folder, journal=journal, pool=pool, environment=environment)
            try:
                yield made
            finally:
                pool.close(within_s=1.0)
                made.threads.shutdown()
