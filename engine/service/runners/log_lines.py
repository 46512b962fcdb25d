"""The events of a run as lines of its log: numbered, thinned out, and never more than people could read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field

from engine.events import Event
from engine.journal.records import instant
from engine.service.runners.protocol import Told
from ir.records import dataclass

ROWS_EVERY_S = 0.5
"""How often a step says how many rows it has by now."""
MOST = 5000
"""Lines of an attempt; a run with thousands of messages says more than that."""
_ALWAYS = frozenset({"run_started", "run_finished", "failure", "delivery_finished"})


@dataclass(slots=True)
class LogLines:
    """Takes the events of one attempt and hands their lines on."""

    say: Callable[[Told], None]
    clock: Callable[[], float] = time.monotonic
    _count: int = 0
    _left_out: int = 0
    _last_rows: dict[str, float] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        if event.kind == "rows" and not self._is_due(event.step):
            return
        if self._count >= MOST and event.kind not in _ALWAYS:
            self._left_out += 1
            return
        if event.kind == "run_finished" and self._left_out:
            self._tell(Event(kind="warning", text=f"{self._left_out} more lines are not in this log"))
        self._tell(event)

    def _is_due(self, step: str) -> bool:
        now = self.clock()
        if now - self._last_rows.get(step, -ROWS_EVERY_S) < ROWS_EVERY_S:
            return False
        self._last_rows[step] = now
        return True

    def _tell(self, event: Event) -> None:
        self._count += 1
        self.say(Told(number=self._count, at=instant(), kind=event.kind, step=event.step, rows=event.rows,
                      seconds=round(event.seconds, 6), status=event.status, text=_text(event)))  # fmt: skip


def _text(event: Event) -> str:
    """What happened, with the code and the place of a diagnostic."""
    code = f" [{event.code}]" if event.code else ""
    place = f" ({event.place})" if event.place else ""
    return f"{event.text}{code}{place}"
