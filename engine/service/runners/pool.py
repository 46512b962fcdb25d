"""The runs of a worker: each in a process, watched, and with its log."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from engine.journal.journal import Journal
from engine.service.longer_names import LongerNames
from engine.service.runners.endings import ended_early
from engine.service.runners.log_keeper import LogKeeper, RunLog
from engine.service.runners.process import Gone, NeverBegun
from engine.service.runners.processes import Closed, Processes
from engine.service.runners.protocol import Job, Outcome
from engine.service.runners.watchdog import GRACE_S, Watchdog
from engine.service.settings import ServiceSettings
from engine.service.store.starts import Start

TRIES = 3
"""A run is given to so many processes, where they are gone before they have begun with it."""
WARM = 4
"""So many processes, at most, are started before there are runs for them."""


class Interrupted(Exception):
    """The run is not over: this worker has given it up, and another one goes on with it."""


class RunnerPool:
    """One run at a time in each process. Every method may be called by any thread."""

    def __init__(self, settings: ServiceSettings, journal: Journal, *, environment: Mapping[str, str] = os.environ,
                 processes: Processes | None = None) -> None:  # fmt: skip
        self._settings = settings
        self._journal = journal
        self.processes = processes or Processes(settings, journal, environment=environment)
        self.watchdog = Watchdog(settings)
        self._logs = LogKeeper(journal)
        self._names = LongerNames(journal)

    def warm(self) -> None:
        """Start processes beside what goes on."""
        self.processes.warm(min(self._settings.slots, WARM))

    def log_of(self, start: Start) -> RunLog:
        """The log of the attempt, which is written when its block ends."""
        return self._logs.of(tenant=self._journal.tenant, run_id=start.run_id, attempt=start.attempt)

    def carry_out(self, start: Start, log: RunLog) -> Outcome:
        """Have a process carry the attempt out; blocks until it has ended, whatever way.

        Raises:
            Interrupted: this worker gave the run up.
        """
        others = self._names.of(start.workflow)
        job = Job(tenant=self._journal.tenant, run_id=start.run_id, attempt=start.attempt, others=others,
                  variables=self.processes.variables_of(start.workflow, others),
                  handed=self.processes.handed_to(start.workflow, others, base=Path(start.base)))  # fmt: skip
        for left in reversed(range(TRIES)):
            found = self._tried(start, job, log, is_last=not left)
            if found is not None:
                return found
        raise AssertionError("the last try has an outcome")

    def _tried(self, start: Start, job: Job, log: RunLog, *, is_last: bool) -> Outcome | None:
        """How the attempt ended; None where the process was gone before it had the job, and another may have it."""
        try:
            runner = self.processes.take(start.workflow, base=Path(start.base))
        except Closed:
            raise Interrupted from None
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
            self.processes.put_back(runner, is_good=outcome is not None and not outcome.is_broken)
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
        self.processes.close()
        for watched in self.watchdog.every():
            watched.is_given_up = True
            watched.stop("the service is stopped; the run goes on later", within_s=within_s)
        if not self.watchdog.wait_until_idle(within_s):
            for watched in self.watchdog.every():
                watched.runner.kill()
        self._logs.close()
