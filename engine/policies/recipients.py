"""The pause between two messages to one recipient."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.policies.clock import SteadyClock

if TYPE_CHECKING:
    from connectors.messages.message import Message

_REMEMBERED = 100_000


@dataclass(slots=True, kw_only=True)
class RecipientPauses:
    """Asked before each message, also by several threads; remembers when each recipient had the last one."""

    delay_s: float
    clock: SteadyClock
    _last: dict[str, float] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, message: Message) -> None:
        """Wait until every recipient of the message may have another one.

        Raises:
            Cancelled: the run was told to stop.
        """
        if self.delay_s <= 0:
            return
        names = {each.strip().lower() for each in (*message.to, *message.cc, *message.bcc)}
        with self._guard:
            now = self.clock.now()
            turn = max((self._last[name] + self.delay_s for name in names if name in self._last), default=now)
            turn = max(turn, now)
            for name in names:
                self._last.pop(name, None)
                self._last[name] = turn
            while len(self._last) > _REMEMBERED:  # the oldest, whose pause has most likely passed
                self._last.pop(next(iter(self._last)))
        if turn > now:
            self.clock.sleep(turn - now)
