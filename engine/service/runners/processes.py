"""The processes in which runs are carried out and plans are compiled: kept warm, replaced when something went wrong."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from engine.journal.journal import Journal
from engine.service.runners.environment import of_processes, of_run
from engine.service.runners.handing import handed_over
from engine.service.runners.process import Owner, Runner
from engine.service.runners.scratch import Scratch, remove_left
from engine.service.runners.watchdog import held_bytes
from engine.service.sandbox.enclosure import OwnPlaces, enclosure_of, prepare
from engine.service.sandbox.state import is_enclosed
from engine.service.settings import ServiceSettings

MOST_RUNS = 500
"""After so many a process is replaced, whatever it may have gathered."""
MOST_IDLE_BYTES = 768 * 1024**2
"""A process that holds more when its run is over is replaced."""
OF_OTHERS = 2
"""Where each workflow has its own processes, so many more are kept than there are runs at once."""


class Closed(Exception):
    """The service stops, and starts no process any more."""


class Processes:
    """As many as there are things to do at once. Every method may be called by any thread."""

    def __init__(self, settings: ServiceSettings, journal: Journal, *,
                 environment: Mapping[str, str] = os.environ) -> None:  # fmt: skip
        self._settings = settings
        self._environment = environment
        self._journal = journal
        self._own = OwnPlaces.now()
        self._is_enclosed = is_enclosed(settings)
        self._idle: list[Runner] = []
        self._lock = threading.Lock()
        self._is_closed = False
        # Linux takes the end of the thread that starts a process for the end of its parent: this one stays.
        self._starting = ThreadPoolExecutor(1, thread_name_prefix="runners")

    def warm(self, count: int) -> None:
        """Start processes beside what goes on; none where nobody knows yet whose they would be."""
        for _ in range(0 if self._settings.own_processes else count):
            self._starting.submit(self._start_idle)
        self._starting.submit(remove_left)

    def variables_of(self, workflow: str, others: Collection[str]) -> Mapping[str, str]:
        """The variables of the environment that are this workflow's alone."""
        return of_run(self._environment, workflow=workflow, others=others, secrets=self._settings.secrets)

    def handed_to(self, workflow: str, others: Collection[str], *, base: Path) -> Mapping[str, Any] | None:
        """What the workflow has instead of files that its process cannot read; None where it can."""
        if not self._is_enclosed:
            return None
        found = handed_over(self._settings, workflow=workflow, others=others, base=base, place=self._own.home)
        return found.as_json()

    def take(self, workflow: str, *, base: Path) -> Runner:
        """A process that does nothing, for a run of the workflow in the folder `base`, to be put back.

        Raises:
            Closed: no more are given out.
        """
        owner = Owner(workflow, base) if self._settings.own_processes else None
        while True:
            with self._lock:
                if self._is_closed:
                    raise Closed
                runner = next((each for each in reversed(self._idle) if each.owner == owner), None)
                if runner is not None:
                    self._idle.remove(runner)
            if runner is None:
                try:
                    return self._starting.submit(self._started, owner).result()
                except RuntimeError:  # closed meanwhile
                    raise Closed from None
            if runner.is_alive and runner.is_up_to_date:
                return runner
            runner.kill()

    def put_back(self, runner: Runner, *, is_good: bool) -> None:
        """Keep a process for what comes next, or replace it."""
        if is_good and runner.runs < MOST_RUNS and held_bytes(runner.pid) < MOST_IDLE_BYTES:
            with self._lock:
                if not self._is_closed:
                    self._idle.append(runner)
                    if runner.owner is None or len(self._idle) <= self._settings.slots + OF_OTHERS:
                        return
                    runner = self._idle.pop(0)  # it has done nothing for the longest time
        runner.kill()
        with self._lock:
            if not self._is_closed and runner.owner is None:
                self._starting.submit(self._start_idle)

    def close(self) -> None:
        """End those that do nothing, and start no more."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for each in idle:
            each.kill()
        self._starting.shutdown()

    def _started(self, owner: Owner | None = None) -> Runner:
        environment = of_processes(self._environment, secrets=self._settings.secrets)
        scratch = Scratch.made()
        enclosure = None
        if self._is_enclosed:
            prepare(self._own, self._journal)
            enclosure = enclosure_of(self._settings, self._own, environment=environment, scratch=scratch.path,
                                     folder=owner.folder if owner is not None else None)  # fmt: skip
        return Runner(self._settings, environment, scratch=scratch, enclosure=enclosure, owner=owner)

    def _start_idle(self) -> None:
        if self._is_closed:
            return
        runner = self._started()
        with self._lock:
            if not self._is_closed:
                self._idle.append(runner)
                return
        runner.kill()
