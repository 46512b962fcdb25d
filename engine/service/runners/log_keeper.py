"""The logs of all runs of a worker, written by one thread: what many runs say at once is one transaction."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
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
MOST_AT_ONCE = 5000

Attempt = tuple[str, int]
"""A run and its attempt."""


class LogKeeper:
    """Takes lines from any thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: dict[Attempt, list[LogLine]] = {}
        self._count = 0
        self._under_way: frozenset[Attempt] = frozenset()
        """Those whose lines the thread is writing."""
        self._changed = threading.Condition()
        self._is_asleep = self._is_urgent = self._is_closed = False
        self._thread: threading.Thread | None = None

    def of(self, *, tenant: str, run_id: str, attempt: int) -> RunLog:
        return RunLog(keeper=self, tenant=tenant, run_id=run_id, attempt=attempt)

    def add(self, attempt: Attempt, line: LogLine) -> None:
        with self._changed:
            if self._count >= MOST_WAITING:
                return
            self._waiting.setdefault(attempt, []).append(line)
            self._count += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="logs", daemon=True)
                self._thread.start()
            elif self._is_asleep:
                self._changed.notify_all()

    def taken(self, attempt: Attempt) -> list[LogLine]:
        """The lines that were not written yet: they are the caller's. All others are written by then."""
        with self._changed:
            self._changed.wait_for(lambda: attempt not in self._under_way, timeout=WITHIN_S)
            found = self._waiting.pop(attempt, [])
            self._count -= len(found)
            return found

    def flush(self, attempt: Attempt) -> None:
        """Wait until all lines of it are written."""
        with self._changed:
            self._hurry_until(lambda: attempt not in self._waiting and attempt not in self._under_way)

    def close(self) -> None:
        with self._changed:
            self._hurry_until(lambda: not self._waiting and not self._under_way)
            self._is_closed = True
            self._changed.notify_all()

    def _hurry_until(self, is_written: Callable[[], bool]) -> None:
        if not is_written():
            self._is_urgent = True
            self._changed.notify_all()
            self._changed.wait_for(is_written, timeout=WITHIN_S)

    def _write(self) -> None:
        while True:
            with self._changed:
                self._is_asleep = True
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                self._is_asleep = False
                if self._is_closed:
                    return
                self._changed.wait_for(lambda: self._is_urgent or self._is_closed, timeout=EVERY_S)
                found = self._oldest()
            try:
                add_lines(self._journal, [line for lines in found.values() for line in lines])
            except ConnectorProblem:
                self._put_back(found)
                time.sleep(EVERY_S)
                continue
            except Exception:  # a mistake of ours: without this thread no run would have a log any more
                logging.getLogger("weirflow.service").exception("lines of the logs of runs are lost")
            with self._changed:
                self._under_way = frozenset()
                self._is_urgent = bool(self._is_urgent and self._waiting)
                self._changed.notify_all()

    def _oldest(self) -> dict[Attempt, list[LogLine]]:
        """Lines for one transaction, which wait no more."""
        found: dict[Attempt, list[LogLine]] = {}
        count = 0
        for attempt in [*self._waiting]:
            found[attempt] = self._waiting.pop(attempt)
            count += len(found[attempt])
            if count >= MOST_AT_ONCE:
                break
        self._count -= count
        self._under_way = frozenset(found)
        return found

    def _put_back(self, found: dict[Attempt, list[LogLine]]) -> None:
        with self._changed:
            for attempt, lines in found.items():
                self._waiting[attempt] = lines + self._waiting.get(attempt, [])
                self._count += len(lines)
            self._under_way = frozenset()
            self._changed.notify_all()


@dataclass(slots=True, kw_only=True)
class RunLog:
    """The log of one attempt. When its block ends it is written, but for the lines that somebody has `taken`."""

    keeper: LogKeeper
    tenant: str
    run_id: str
    attempt: int
    _last: int = field(default=0)

    def add(self, told: Told) -> None:
        self._last = max(self._last, told.number)
        self.keeper.add((self.run_id, self.attempt), LogLine(
            tenant=self.tenant, run_id=self.run_id, attempt=self.attempt, number=told.number, at=told.at,
            kind=told.kind, step=told.step, rows=told.rows, seconds=f"{told.seconds:g}", status=told.status,
            text=told.text,
        ))  # fmt: skip

    def say(self, kind: EventKind, *, text: str, status: str = "") -> None:
        """Add a line of the worker's own."""
        self.add(Told(number=self._last + 1, at=instant(), kind=kind, status=status, text=text))

    def taken(self) -> list[LogLine]:
        """The lines that were not written yet, for whoever writes them together with something else."""
        return self.keeper.taken((self.run_id, self.attempt))

    def give_back(self, lines: Sequence[LogLine]) -> None:
        """Have lines that were `taken` written all the same."""
        for each in lines:
            self.keeper.add((self.run_id, self.attempt), each)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        if self._last:
            self.keeper.flush((self.run_id, self.attempt))
