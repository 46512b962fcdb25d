"""The part of a service that removes what is old enough: a little at a time, and one process at once."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from connectors.problem import ConnectorProblem
from engine.journal.journal import Journal
from engine.service.context import Context
from engine.service.retention.events import prune_abandoned, prune_events, prune_inbox, prune_sessions
from engine.service.retention.remains import clear, remains_before
from engine.service.retention.runs import Gone, prune_runs, prune_starts
from engine.service.retention.terms import Terms

LOOKS_EVERY_S = 30.0
EVERY_S = 3600.0
SETTLES_S = 600.0
"""So long the clock has to be right, after a start and after it was set, before anything is removed for its age."""
_LEAP = timedelta(minutes=10)
_PAUSE_S = 0.05
"""Between two transactions: others write meanwhile."""

_OTHERS: Mapping[str, Callable[[Journal, Terms], int]] = {
    "webhook_events": prune_inbox, "webhook_events_never_taken": prune_abandoned, "events": prune_events,
    "sessions": prune_sessions,
}  # fmt: skip
KINDS = ("runs", "starts", *_OTHERS)
"""What is counted of what was removed; `starts` were asked for and never came to a run."""
log = logging.getLogger("weirflow.retention")


class Pruner:
    """Looks once an hour, in every process of the service: each removes the folders of its own machine."""

    def __init__(self, context: Context, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
                 ticks: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self._context = context
        self._clock, self._ticks = clock, ticks
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="pruner", daemon=True)
        self._seen = (clock(), ticks())
        self._next_s = ticks() + SETTLES_S

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        self._stopping.set()
        self._thread.join(within_s)

    def look(self) -> Counter[str]:
        """Remove what is old where it is time to; a clock that was set a moment ago may be wrong still."""
        now, ticks = self._clock(), self._ticks()
        passed = timedelta(seconds=ticks - self._seen[1])
        if abs(now - self._seen[0] - passed) > _LEAP:
            self._next_s = ticks + SETTLES_S
        self._seen = (now, ticks)
        if ticks < self._next_s:
            return Counter()
        self._next_s = ticks + EVERY_S
        return self.prune(now)

    def prune(self, now: datetime) -> Counter[str]:
        """Remove what is old by now; how much of each kind."""
        journal, terms = self._context.journal, Terms.of(self._context.settings, now)
        gone = Counter[str]()
        for remains in remains_before():
            clear(journal, remains, stopping=self._stopping)
        for prune in (prune_runs, prune_starts):
            while found := self._unless_stopping(prune, terms):
                gone.update(runs=found.runs, starts=found.starts)
                clear(journal, found.remains, stopping=self._stopping)
                self._stopping.wait(_PAUSE_S)
        for kind, remove in _OTHERS.items():
            while not self._stopping.is_set() and (count := remove(journal, terms)):
                gone[kind] += count
                self._stopping.wait(_PAUSE_S)
        self._tell(+gone)
        return +gone

    def _unless_stopping(self, prune: Callable[[Journal, Terms], Gone], terms: Terms) -> Gone:
        return Gone() if self._stopping.is_set() else prune(self._context.journal, terms)

    def _tell(self, gone: Counter[str]) -> None:
        self._context.pruned.update(gone)
        if told := {kind: count for kind, count in gone.items() if kind != "sessions"}:
            log.warning("removed for their age: %s", ", ".join(f"{count:,} {kind.replace('_', ' ')}"
                                                               for kind, count in told.items()))  # fmt: skip

    def _work(self) -> None:
        while not self._stopping.wait(LOOKS_EVERY_S):
            try:
                self.look()
            except ConnectorProblem:  # the journal is away; it is asked again in an hour
                continue
            except Exception:  # a mistake of ours; the disk is not to fill for it
                log.exception("what is old could not be removed for a fault of weirflow's own")
