"""The logs of all runs of a worker, written by one thread: what many runs say at once is one transaction."""

from __future__ import annotations

import threading
import time
from dataclasses import field
from types import TracebackType
from typing import Self

from connectors.problem import ConnectorProblem
from engine.events import EventKind
from engine.journal.journal import Journal
from engine.journal.records import instant
from engine.service.runners.protocol import Told
from engine.service.store.logs import LogLine, add_lines
from ir.records import dataclass

EVERY_S = 0.3
"""How old a line is, at most, before it is read in the journal."""
MOST_WAITING = 100_000
"""Lines that wait for a journal which does not answer; what comes then is lost, and the runs go on."""
WITHIN_S = 5.0
"""How long the end of a run waits for its lines to be written."""


class LogKeeper:
    """Takes lines from any thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[LogLine] = []
        self._changed = threading.Condition()
        self._is_urgent = False
        self._taken = self._written = 0
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def of(self, *, tenant: str, run_id: str, attempt: int) -> RunLog:
        return RunLog(keeper=self, tenant=tenant, run_id=run_id, attempt=attempt)

    def add(self, line: LogLine) -> None:
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="logs", daemon=True)
                self._thread.start()
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(line)
                self._taken += 1
                self._changed.notify_all()

    def flush(self, within_s: float) -> None:
        """Wait until all that was added is written."""
        with self._changed:
            until = self._taken
            self._is_urgent = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._written >= until, timeout=within_s)

    def close(self) -> None:
        self.flush(WITHIN_S)
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                if self._is_closed:
                    return
                self._changed.wait_for(lambda: self._is_urgent or self._is_closed, timeout=EVERY_S)
                lines = self._waiting[:5000]
            try:
                add_lines(self._journal, lines)
            except ConnectorProblem:
                time.sleep(EVERY_S)
                continue
            with self._changed:
                del self._waiting[: len(lines)]
                self._written += len(lines)
                self._is_urgent = bool(self._is_urgent and self._waiting)
                self._changed.notify_all()


@dataclass(slots=True, kw_only=True)
class RunLog:
    """The log of one attempt. When its block ends it is written."""

    keeper: LogKeeper
    tenant: str
    run_id: str
    attempt: int
    _last: int = field(default=0)

    def add(self, told: Told) -> None:
        self._last = max(self._last, told.number)
        self.keeper.add(LogLine(
            tenant=self.tenant, run_id=self.run_id, attempt=self.attempt, number=told.number, at=told.at,
            kind=told.kind, step=told.step, rows=told.rows, seconds=f"{told.seconds:g}", status=told.status,
            text=told.text,
        ))  # fmt: skip

    def say(self, kind: EventKind, *, text: str, status: str = "") -> None:
        """Add a line of the worker's own."""
        self.add(Told(number=self._last + 1, at=instant(), kind=kind, status=status, text=text))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        if self._last:
            self.keeper.flush(WITHIN_S)
