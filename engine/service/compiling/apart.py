"""Compiling in a process of runs, which is ended where a document takes more than it may."""

from __future__ import annotations

import secrets
from dataclasses import field, replace
from pathlib import Path

from engine.service.compiling.task import Planned, Task
from engine.service.runners.process import Gone, NeverBegun
from engine.service.runners.processes import Processes
from engine.service.runners.watchdog import Watchdog
from engine.service.settings import ServiceSettings
from ir.diagnostics import Diagnostic
from ir.records import dataclass

WITHIN_S = 20.0
MOST_BYTES = 2 * 1024**3
"""Of memory, where a run may take as much or more."""
TRIES = 2


@dataclass(slots=True)
class CompilingApart:
    """Hands tasks to processes. Every method may be called by any thread."""

    settings: ServiceSettings
    processes: Processes
    watchdog: Watchdog = field(init=False)

    def __post_init__(self) -> None:
        memory = min(self.settings.max_memory_bytes or MOST_BYTES, MOST_BYTES)
        seconds = min(self.settings.max_seconds or WITHIN_S, WITHIN_S)
        limits = replace(self.settings, max_memory_bytes=memory, max_seconds=seconds)
        self.watchdog = Watchdog(limits, grace_s=0.0, what="compiling")

    def __call__(self, task: Task) -> Planned:
        """What came of it. That it took too much, or ended its process, is a diagnostic of the document.

        Raises:
            Closed: the service stops.
            ConnectorProblem: what the process needs is away.
        """
        ready = replace(
            task, variables=self.processes.variables_of(task.workflow or "", task.others),
            handed=self.processes.handed_to(task.workflow or "", task.others, base=Path(task.base)),
        )  # fmt: skip
        for left in reversed(range(TRIES)):
            found = self._tried(ready, is_last=not left)
            if found is not None:
                return found
        raise AssertionError("the last try has an answer")

    def _tried(self, task: Task, *, is_last: bool) -> Planned | None:
        """None where the process was gone before it had the task."""
        runner = self.processes.take(task.workflow or "", base=Path(task.base))
        watched = self.watchdog.add(f"plan-{secrets.token_hex(8)}", runner)
        found: Planned | None = None
        try:
            found = runner.compile(task, begun=watched.begin)
        except NeverBegun as gone:
            if watched.why is None and not is_last:
                return None
            found = _refused("IR714", f"compiling was stopped: {Gone(gone.returncode).said}")
        except Gone as gone:
            found = _refused("IR713", watched.why) if watched.why is not None else _refused(
                "IR714", f"compiling was stopped: {gone.said}")  # fmt: skip
        finally:
            self.watchdog.remove(watched)
            self.processes.put_back(runner, is_good=found is not None and watched.why is None and runner.is_alive)
        return found


def _refused(code: str, message: str) -> Planned:
    return Planned(diagnostics=(Diagnostic(code=code, message=message),))
