"""The pause between two messages to one recipient."""

from __future__ import annotations

import threading
from dataclasses import field

from engine.policies.clock import SteadyClock
from ir.records import dataclass

_REMEMBERED = 100_000


@dataclass(slots=True, kw_only=True)
class RecipientPauses:
    """Asked before each message, also by several threads; remembers when each recipient had the last one."""

    delay_s: float
    clock: SteadyClock
    _last: dict[str, float] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, recipient: str) -> None:
        """Wait until the recipient may have another message.

        Raises:
            Cancelled: the run was told to stop.
        """
        if self.delay_s <= 0:
            return
        name = recipient.strip().lower()
        with self._guard:
            now = self.clock.now()
            last = self._last.pop(name, None)
            turn = now if last is None else max(last + self.delay_s, now)
            self._last[name] = turn
            while len(self._last) > _REMEMBERED:  # the oldest, whose pause has most likely passed
                self._last.pop(next(iter(self._last)))
        if turn > now:
            self.clock.sleep(turn - now)
