"""What a run says as JSON lines on stderr: one object an event, all with the same keys."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.events import Event, event_of
from ir.diagnostics import Diagnostic
from ir.redaction import redacted

ROWS_EVERY_S = 5.0
"""A line about the rows of a step that is still running comes at most this often."""
_COUNTING = {"rows", "step_finished", "delivery_finished"}
_TIMED = {*_COUNTING, "run_finished"}


class Pace:
    """Holds back lines about a step that is still running, but for one every few seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._last: dict[str, float] = {}

    def is_due(self, event: Event) -> bool:
        """Whether the event is told; its step begins to count with that."""
        if event.kind not in {"step_started", "rows"}:
            return True
        now = self._monotonic()
        if event.kind == "rows" and now - self._last.get(event.step, 0.0) < ROWS_EVERY_S:
            return False
        self._last[event.step] = now
        return True

    def has_begun(self, step: str) -> bool:
        return step in self._last


class JsonLines:
    """One line an event, which is written whole; quiet ones are warnings and failures alone."""

    def __init__(
        self,
        *,
        quiet: bool = False,
        write: Callable[[str], object] = lambda line: print(line, file=sys.stderr, flush=True),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quiet = quiet
        self._write = write
        self._clock = clock
        self._pace = Pace(monotonic)
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if self._is_told(event):
                self._write(json.dumps(redacted(self.record(event)), ensure_ascii=False))

    def record(self, event: Event) -> dict[str, Any]:
        """The line of an event, before it is text. What does not apply is null."""
        return {
            "at": self._clock().isoformat(timespec="microseconds"),
            "level": level_of(event),
            "event": event.kind,
            "run_id": event.run_id or None,
            "workflow": event.workflow or None,
            "step": event.step or None,
            "rows": event.rows if event.kind in _COUNTING else None,
            "seconds": round(event.seconds, 6) if event.kind in _TIMED else None,
            "attempt": event.attempt,
            "status": event.status or None,
            "code": event.code or None,
            "place": event.place or None,
            "text": event.text or None,
        }

    def _is_told(self, event: Event) -> bool:
        if self._quiet and level_of(event) == "info":
            return False
        return self._pace.is_due(event)


def tell_lines(found: Sequence[Diagnostic], *, log_format: str) -> None:
    """Diagnostics from outside a run, such as those of a file that does not compile, where lines are wanted."""
    if log_format == "json":
        lines = JsonLines()
        for each in found:
            lines(event_of(each))


def level_of(event: Event) -> str:
    """info, warning or error."""
    if event.kind == "failure" or event.status in {"failed", "cancelled"}:
        return "error"
    return "warning" if event.kind in {"warning", "retry"} or event.status in {"incomplete", "uncertain"} else "info"
