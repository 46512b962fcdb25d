"""The processes of runs: kept warm, one run at a time in each, thrown away when something went wrong in them."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from engine.journal.journal import Journal
from engine.service.longer_names import LongerNames
from engine.service.runners.endings import ended_early
from engine.service.runners.environment import of_processes, of_run
from engine.service.runners.handing import handed_over
from engine.service.runners.log_keeper import LogKeeper, RunLog
from engine.service.runners.process import Gone, NeverBegun, Runner
from engine.service.runners.protocol import Job, Outcome
from engine.service.runners.watchdog import GRACE_S, Watchdog, held_bytes
from engine.service.sandbox.enclosure import OwnPlaces, enclosure_of, prepare
from engine.service.sandbox.state import is_enclosed
from engine.service.settings import ServiceSettings
from engine.service.store.starts import Start

MOST_RUNS = 500
"""After so many a process is replaced, whatever it may have gathered."""
MOST_IDLE_BYTES = 768 * 1024**2
"""A process that holds more when its run is over is replaced."""
TRIES = 3
"""A run is given to so many processes, where they are gone before they have begun with it."""
WARM = 4
"""So many processes, at most, are started before there are runs for them."""


class Interrupted(Exception):
    """The run is not over: this worker has given it up, and another one goes on with it."""


class RunnerPool:
    """As many processes as there are runs at once. Every method may be called by any thread."""

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
        self.watchdog = Watchdog(settings)
        self._logs = LogKeeper(journal)
        self._names = LongerNames(journal)
        # Linux takes the end of the thread that starts a process for the end of its parent: this one stays.
        self._starting = ThreadPoolExecutor(1, thread_name_prefix="runners")

    def warm(self) -> None:
        """Start processes beside what goes on."""
        for _ in range(min(self._settings.slots, WARM)):
            self._starting.submit(self._start_idle)

    def carry_out(self, start: Start, *, tenant: str) -> Outcome:
        """Have a process carry the attempt out; blocks until it has ended, whatever way. Its log is written then.

        Raises:
            Interrupted: this worker gave the run up.
        """
        others = self._names.of(start.workflow)
        job = Job(tenant=tenant, run_id=start.run_id, attempt=start.attempt, others=others,
                  variables=of_run(self._environment, workflow=start.workflow, others=others,
                                   secrets=self._settings.secrets),
                  handed=self._handed(start, others))  # fmt: skip
        with self._logs.of(tenant=tenant, run_id=start.run_id, attempt=start.attempt) as log:
            for left in reversed(range(TRIES)):
                found = self._tried(start, job, log, is_last=not left)
                if found is not None:
                    return found
        raise AssertionError("the last try has an outcome")

    def _tried(self, start: Start, job: Job, log: RunLog, *, is_last: bool) -> Outcome | None:
        """How the attempt ended; None where the process was gone before it had the job, and another may have it."""
        runner = self._taken()
        watched = self.watchdog.add(job.run_id, runner)
        outcome: Outcome | None = None
        gone: Gone | None = None
        try:
            outcome = runner.carry_out(job, told=log.add)
        except NeverBegun as found:
            if watched.why is None and not watched.is_given_up and not is_last:
                return None
            gone = Gone(found.returncode)
        except Gone as found:
            gone = found
        finally:
            self.watchdog.remove(watched)
            self._put_back(runner, is_good=outcome is not None and not outcome.is_broken)
        if watched.is_given_up and (outcome is None or outcome.status != "done"):
            raise Interrupted
        if outcome is not None and (watched.why is None or outcome.status != "cancelled"):
            return outcome
        return ended_early(self._journal, start, watched, gone, log)

    def cancel(self, run_id: str, reason: str) -> bool:
        """Stop a run, by force where it does not stop in time; false where it is not here."""
        watched = self.watchdog.find(run_id)
        if watched is None:
            return False
        watched.is_cancelled = True
        watched.stop(reason, within_s=GRACE_S)
        return True

    def give_up(self, run_id: str) -> bool:
        """End a run's process at once, and leave the run as it stands; false where it is not here."""
        watched = self.watchdog.find(run_id)
        if watched is None:
            return False
        watched.is_given_up = True
        watched.runner.kill()
        return True

    def close(self, within_s: float = GRACE_S) -> None:
        """End the processes. What is still under way is given up: it goes on in another worker, or later."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for each in idle:
            each.kill()
        self._starting.shutdown()
        for watched in self.watchdog.every():
            watched.is_given_up = True
            watched.stop("the service is stopped; the run goes on later", within_s=within_s)
        if not self.watchdog.wait_until_idle(within_s):
            for watched in self.watchdog.every():
                watched.runner.kill()
        self._logs.close()

    def _handed(self, start: Start, others: tuple[str, ...]) -> Mapping[str, Any] | None:
        """What the run has instead of files that its process cannot read."""
        if not self._is_enclosed:
            return None
        found = handed_over(self._settings, workflow=start.workflow, others=others, base=Path(start.base),
                            place=self._own.home)  # fmt: skip
        return found.as_json()

    def _taken(self) -> Runner:
        while True:
            with self._lock:
                if self._is_closed:
                    raise Interrupted
                runner = self._idle.pop() if self._idle else None
            if runner is None:
                try:
                    return self._starting.submit(self._started).result()
                except RuntimeError:  # closed meanwhile
                    raise Interrupted from None
            if runner.is_alive and runner.is_up_to_date:
                return runner
            runner.kill()

    def _put_back(self, runner: Runner, *, is_good: bool) -> None:
        """Keep a process for the next run, or replace it."""
        if is_good and runner.runs < MOST_RUNS and held_bytes(runner.pid) < MOST_IDLE_BYTES:
            with self._lock:
                if not self._is_closed:
                    self._idle.append(runner)
                    return
        runner.kill()
        with self._lock:
            if not self._is_closed:
                self._starting.submit(self._start_idle)

    def _started(self) -> Runner:
        environment = of_processes(self._environment, secrets=self._settings.secrets)
        scratch = Path(tempfile.mkdtemp(prefix="weirflow-runs-"))
        enclosure = None
        if self._is_enclosed:
            prepare(self._own, self._journal)
            enclosure = enclosure_of(self._settings, self._own, environment=environment, scratch=scratch)
        return Runner(self._settings, environment, scratch=scratch, enclosure=enclosure)

    def _start_idle(self) -> None:
        if self._is_closed:
            return
        runner = self._started()
        with self._lock:
            if not self._is_closed:
                self._idle.append(runner)
                return
        runner.kill()
