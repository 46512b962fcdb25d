"""Workflows whose names begin with another's, whose secrets are not that one's."""

from __future__ import annotations

import time
from collections.abc import Callable

from connectors.secrets.owning import begins, plain
from engine.journal.journal import Journal
from engine.service.store.workflows import workflow_names

_FOR_S = 2.0


class LongerNames:
    """The names of all workflows, asked for every two seconds at most."""

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.monotonic) -> None:
        self._journal = journal
        self._clock = clock
        self._known: tuple[float, tuple[str, ...]] | None = None

    def of(self, workflow: str) -> tuple[str, ...]:
        """Those that go on after this one's name."""
        own = plain(workflow)
        return tuple(each for each in self._names() if begins(plain(each), own) and plain(each) != own)

    def _names(self) -> tuple[str, ...]:
        now = self._clock()
        if self._known is None or now - self._known[0] > _FOR_S:
            self._known = now, tuple(workflow_names(self._journal))
        return self._known[1]
