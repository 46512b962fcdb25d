"""The process that carries runs out, one after the other, as the lines on stdin say."""

from __future__ import annotations

import os
import queue
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import Any

from connectors.handed import handing
from connectors.problem import ConnectorProblem
from engine.journal.journal import Journal
from engine.journal.notes import open_notes
from engine.running.cancellation import Cancellation
from engine.service.compiling.task import Planned, Task
from engine.service.runners.carrying_out import carry_out
from engine.service.runners.lines import Lines
from engine.service.runners.log_lines import LogLines
from engine.service.runners.protocol import READY, Job, Outcome, begun, compiled, read
from engine.service.runners.restraint import end_at_once
from engine.service.runners.warming import warm_up
from engine.service.settings import ServiceSettings
from ir.diagnostics import Diagnostic
from ir.records import dataclass
from ir.redaction import redact


@dataclass(slots=True)
class Jobs:
    """What is to be done, as the lines come in."""

    lines: Lines
    waiting: queue.SimpleQueue[tuple[Job | Task, Cancellation]] = field(default_factory=queue.SimpleQueue)
    _last: Cancellation = field(default_factory=Cancellation)

    def read(self) -> None:
        """Take lines until there are no more, which ends the process at once: nobody waits for its run."""
        with suppress(OSError, ValueError):
            for line in self.lines.commands:
                found = read(line)
                if "job" in found:
                    self._last = Cancellation()
                    self.waiting.put((Job(**found["job"]), self._last))
                elif "compile" in found:
                    self.waiting.put((Task(**found["compile"]), self._last))
                else:
                    self._last.cancel(found["cancel"])
        end_at_once()


def work(lines: Lines, settings: ServiceSettings) -> None:
    """Carry out what the lines say until they end."""
    jobs = Jobs(lines)
    threading.Thread(target=jobs.read, name="lines", daemon=True).start()
    warm_up()
    lines.say(READY)
    with Journal() as kept, ExitStack() as opened:
        with suppress(ConnectorProblem), kept.looking():
            # from here on its connections stay open between the runs, and its tables are those of this version
            opened.callback(open_notes().close)
        while True:
            job, cancellation = jobs.waiting.get()
            if isinstance(job, Task):
                lines.say(begun("a plan"))
                lines.say(compiled(_compiled(job, settings)))
                continue
            lines.say(begun(job.run_id))
            lines.say(_carried_out(job, settings, cancellation, lines).line())


def _carried_out(job: Job, settings: ServiceSettings, cancellation: Cancellation, lines: Lines) -> Outcome:
    log = LogLines(lambda told: lines.say(told.line()))
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the most memory is this run's, not an earlier one's
    try:
        with _environment(job), handing(job.given), Journal(tenant=job.tenant) as journal:
            return carry_out(journal, job, settings, progress=log, cancellation=cancellation)
    except ConnectorProblem as problem:  # the journal cannot be used now
        return Outcome(status="failed", error=problem.message, code=problem.code, hint=problem.hint)
    except Exception as error:  # a mistake of ours: the run has failed, and the process takes no other
        traceback.print_exc()
        return Outcome(status="failed", error=redact(f"{type(error).__name__}: {error}"), is_broken=True)


def _compiled(task: Task, settings: ServiceSettings) -> Mapping[str, Any]:
    from engine.service.compiling.here import compiled as compiled_here

    try:
        with _environment(task), handing(task.given):
            return compiled_here(task, settings).as_json()
    except ConnectorProblem as problem:
        return {"problem": {"code": problem.code, "message": problem.message, "hint": problem.hint}}
    except Exception as error:  # a mistake of ours
        traceback.print_exc()
        told = Diagnostic(code="IR714", message=f"compiling has failed: {redact(type(error).__name__)}: {error}")
        return Planned(diagnostics=(told,)).as_json()


@contextmanager
def _environment(job: Job | Task) -> Iterator[None]:
    """The variables of the run, which the next one in this process does not see."""
    before = {name: os.environ.get(name) for name in job.variables}
    os.environ.update(job.variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
