"""Finds the runs that nobody carries out although somebody should, whoever has lost them."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from sqlalchemy import select

from connectors.problem import ConnectorProblem
from engine.journal.runs import end_run
from engine.journal.tables import starts
from engine.service.context import Context
from engine.service.dispatch.admission import admit
from engine.service.dispatch.port import Entry
from engine.service.store.clock import now_of, written
from engine.service.store.leases import give_back, lapsed_starts
from engine.service.store.starts import Start, end_start, find_start, start_of
from engine.service.store.workers import mark_gone

EVERY_S = 1.0
SELDOM_S = 30.0
SOON_S = 5.0
"""A second look at runs that the queue seems to have forgotten."""
MOST_AT_ONCE = 200
MOST_LOSSES = 5
"""A run that has cost so many workers their lives has failed."""


class Sweeper:
    """Looks every second, in every process of the service: what one does the others find done."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sweeper", daemon=True)
        self._suspects: frozenset[Entry] = frozenset()

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        self._ending.set()
        self._thread.join(within_s)

    def sweep(self) -> None:
        """What is to be done often: runs whose workers are gone, and runs that wait for a place."""
        journal, settings = self._context.journal, self._context.settings
        for start in lapsed_starts(journal, limit=MOST_AT_ONCE):
            if start.losses + 1 >= MOST_LOSSES:
                self._give_up(start)
            else:
                give_back(journal, start)
        self._taken_by(mark_gone(journal, silent_s=settings.lease_s))
        admit(self._context)

    def sweep_well(self) -> None:
        """What is to be done seldom: runs that the queue has forgotten, and what it keeps for nothing."""
        late = _handed_over_long_ago(self._context)
        waiting = self._context.dispatcher.waiting(late)
        # One that was claimed a moment ago waits no more, and is not under way yet: it counts when it is found twice.
        suspects = {Entry.of(each): each for each in late if Entry.of(each) not in waiting}
        self._again([each for entry, each in suspects.items() if entry in self._suspects])
        self._suspects = frozenset(suspects)
        self._context.dispatcher.tidy()

    def _give_up(self, start: Start) -> None:
        error = f"the workers that carried it out were lost {MOST_LOSSES} times"
        if end_start(self._context.journal, start, "failed", error=error):
            end_run(self._context.journal, start.run_id, "failed", error=error)

    def _taken_by(self, gone: list[str]) -> None:
        """What workers that are gone had claimed in the queue, and begun or not."""
        again = []
        for entry in self._context.dispatcher.taken_by(gone):
            start = find_start(self._context.journal, entry.run_id)
            if start is not None and start.status == "queued" and Entry.of(start) == entry:
                again.append(start)
            else:
                self._context.dispatcher.withdraw(entry)
        self._again(again)

    def _again(self, lost: list[Start]) -> None:
        self._context.dispatcher.forget([Entry.of(each) for each in lost])
        for each in lost:
            self._context.dispatcher.dispatch(each)

    def _work(self) -> None:
        swept_well = time.monotonic() - SELDOM_S  # a process that was killed may have left some
        while not self._ending.wait(EVERY_S):
            try:
                self.sweep()
                if time.monotonic() - swept_well > (SOON_S if self._suspects else SELDOM_S):
                    swept_well = time.monotonic()
                    self.sweep_well()
            except ConnectorProblem:  # the journal is away; it is asked again
                continue
            except Exception:  # a mistake of ours; runs are to be found all the same
                logging.getLogger("weirflow.service").exception("a sweep went wrong")


def _handed_over_long_ago(context: Context) -> list[Start]:
    with context.journal.looking() as connection:
        before = written(now_of(connection) - timedelta(seconds=SELDOM_S))
        late = (starts.c.status == "queued") & (starts.c.dispatched_at < before)
        asked = select(starts).where((starts.c.tenant == context.tenant) & late).order_by(starts.c.dispatched_at)
        return [start_of(row) for row in connection.execute(asked.limit(MOST_AT_ONCE)).mappings()]
