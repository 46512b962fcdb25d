"""What a service asks of its queue; what a run is and how it stands is the journal's, never the queue's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.service.store.starts import Start


class Dispatcher(Protocol):
    """Says which run to go on with. Each method may be called by any thread."""

    def dispatch(self, start: Start) -> None:
        """Hand the start, which stands in the journal, to one of the workers; a second time changes nothing."""
        ...

    def withdraw(self, start: Start) -> None:
        """Let no worker begin the start, where none has."""
        ...

    def work(self, carry_out: Callable[[str], None], *, slots: int) -> None:
        """Begin to take runs: `carry_out` is called with a run's id, in threads, at most `slots` at once."""
        ...

    def rest(self, within_s: float) -> None:
        """Take no further runs, and wait so long for those that were taken."""
        ...

    def close(self) -> None:
        """Let go of all that is open."""
        ...
