"""The pause between two messages to one recipient."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.policies.clock import SteadyClock

_REMEMBERED = 100_000


@dataclass(slots=True, kw_only=True)
class RecipientPauses:
    """Asked before each message; remembers when each recipient had the last one."""

    delay_s: float
    clock: SteadyClock
    _last: dict[str, float] = field(default_factory=dict)

    def wait(self, recipient: str) -> None:
        """Wait until the recipient may have another message.

        Raises:
            Cancelled: the run was told to stop.
        """
        if self.delay_s <= 0:
            return
        name = recipient.strip().lower()
        last = self._last.pop(name, None)
        if last is not None and (left := last + self.delay_s - self.clock.now()) > 0:
            self.clock.sleep(left)
        self._last[name] = self.clock.now()
        if len(self._last) > _REMEMBERED:  # the oldest; its pause has most likely passed
            self._last.pop(next(iter(self._last)))
