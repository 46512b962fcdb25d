"""The runs that this process holds: it renews their leases, and lets them go as soon as it no longer can."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connectors.problem import ConnectorProblem
from engine.journal.journal import Journal
from engine.service.store.leases import asked_to_stop, renew_leases
from engine.service.store.starts import Start
from engine.service.store.workers import WorkerStatus, note_seen
from ir.records import dataclass

LOOK_S = 1.0
"""How soon a run hears that it is to stop."""
RENEWALS = 5
"""So often within a lease it is renewed."""
KEPT = 0.8
"""This part of a lease may pass without a renewal; then its run is stopped here, before another worker takes it."""


@dataclass(slots=True)
class Held:
    """A run that this process carries out."""

    start: Start
    is_lost: bool = False
    """Whether it goes on elsewhere: what it comes to here no longer counts."""


class Holding:
    """Renews what is held, in one transaction for all; one thread asks the database, and another minds the time, since
    a database that is cut off may leave the first one waiting."""

    def __init__(self, journal: Journal, worker: str, *, lease_s: float, lose: Callable[[str], object],
                 cancel: Callable[[str], object]) -> None:  # fmt: skip
        self._journal, self._worker, self._lease_s = journal, worker, lease_s
        self._lose, self._cancel = lose, cancel
        self._held: dict[str, Held] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._renewed_at = time.monotonic()
        self.status: WorkerStatus = "working"
        self._threads = [threading.Thread(target=each, name=each.__name__.strip("_"), daemon=True)
                         for each in (self._renew_leases, self._mind_the_time)]  # fmt: skip

    def start(self) -> None:
        for each in self._threads:
            each.start()

    def end(self) -> None:
        """Renew nothing any more."""
        self._ending.set()
        for each in self._threads:
            each.join(2)

    @contextmanager
    def held(self, start: Start) -> Iterator[Held]:
        """In the block the run's lease, which was just taken, is renewed."""
        mine = Held(start)
        with self._lock:
            self._held[start.run_id] = mine
        try:
            yield mine
        finally:
            with self._lock:
                self._held.pop(start.run_id, None)

    def all(self) -> list[Held]:
        with self._lock:
            return list(self._held.values())

    def renew(self) -> None:
        """Renew all leases, and stop what is not ours any more or is to be cancelled."""
        begun = time.monotonic()
        attempts = {each.start.run_id: each.start.attempt for each in self.all()}
        note_seen(self._journal, self._worker, self.status)
        if attempts:
            standing = renew_leases(self._journal, self._worker, attempts, lease_s=self._lease_s)
            for each in standing.lost:
                self._lost(each)
            for each in standing.cancelled:
                self._cancel(each)
        self._renewed_at = begun

    def _lost(self, run_id: str) -> None:
        with self._lock:
            found = self._held.get(run_id)
        if found is not None and not found.is_lost:
            found.is_lost = True
            self._lose(run_id)

    def _renew_leases(self) -> None:
        every = self._lease_s / RENEWALS
        while not self._ending.wait(min(LOOK_S, every)):
            try:
                if time.monotonic() - self._renewed_at >= every:
                    self.renew()
                elif held := [each.start.run_id for each in self.all()]:
                    for run_id in asked_to_stop(self._journal, held):
                        self._cancel(run_id)
            except ConnectorProblem:  # it is asked again; `_mind_the_time` sees how long that goes on
                continue
            except Exception:  # a mistake of ours; the leases are to be renewed all the same
                logging.getLogger("weirflow.service").exception("renewing the leases went wrong")

    def _mind_the_time(self) -> None:
        while not self._ending.wait(self._lease_s / 20):
            if time.monotonic() - self._renewed_at > self._lease_s * KEPT:
                for each in self.all():
                    self._lost(each.start.run_id)
