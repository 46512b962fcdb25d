"""Handing what happens in a run to all who listen, none of whom can harm it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace

from engine.events import Event, EventKind, Progress, event_of
from engine.hooks import Hooks
from engine.running.cancellation import Cancelled
from ir.diagnostics import WorkflowError
from ir.records import dataclass
from ir.redaction import redact

_METHODS: dict[EventKind, str] = {
    "run_started": "run_started", "step_started": "step_started", "step_finished": "step_finished", "retry": "retry",
    "delivery_finished": "delivery", "failure": "failure", "run_finished": "run_finished",
}  # fmt: skip
"""What is told to hooks; the rows of a batch and warnings are for those who watch."""


@dataclass(slots=True, kw_only=True)
class Telling:
    """Takes the events of one run, says whose they are, and hands them on one after the other."""

    run_id: str
    workflow: str
    progress: Progress
    hooks: Sequence[Hooks]
    problems: list[str] = field(default_factory=list)
    """What went wrong in hooks, for the run's warnings."""
    _complained: set[tuple[int, str]] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __call__(self, event: Event) -> None:
        told = replace(event, run_id=self.run_id, workflow=self.workflow)
        with self._lock:
            self.progress(told)
            if not self.hooks or told.kind not in _METHODS:
                return
            self._call(_METHODS[told.kind], told)
            if told.kind == "delivery_finished" and told.status == "failed":
                self._call("failure", told)

    def _call(self, method: str, event: Event) -> None:
        for number, hook in enumerate(self.hooks):
            try:
                getattr(hook, method)(event)
            except Exception as error:  # whatever a hook does, the run goes on
                self._complain(number, method, hook, error)

    def _complain(self, number: int, method: str, hook: Hooks, error: Exception) -> None:
        if (number, method) in self._complained:
            return
        self._complained.add((number, method))
        said = str(error).strip() or type(error).__name__
        text = redact(f"a hook failed in {type(hook).__name__}.{method}: {said}")
        self.problems.append(text)
        self.progress(Event(kind="warning", text=text, run_id=self.run_id, workflow=self.workflow))

    @contextmanager
    def to_the_end(self) -> Iterator[None]:
        """Tell also how a run ended that was stopped."""
        started = time.perf_counter()
        try:
            yield
        except WorkflowError as stopped:
            self._stopped(
                "failed", [event_of(each) for each in stopped.diagnostics if each.severity == "error"], started
            )
            raise
        except (KeyboardInterrupt, SystemExit, Cancelled):
            self._stopped("cancelled", [], started)
            raise
        except Exception as error:
            self._stopped("failed", [Event(kind="failure", text=f"{type(error).__name__}: {error}")], started)
            raise

    def _stopped(self, status: str, failures: Sequence[Event], started: float) -> None:
        for each in failures:
            self(each)
        self(Event(kind="run_finished", status=status, seconds=time.perf_counter() - started,
                   text=f"{self.workflow}: {status}"))  # fmt: skip
