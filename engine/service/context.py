"""What all parts of a service share."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.journal.records import DEFAULT_TENANT

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.service.dispatch.port import Dispatcher
    from engine.service.planning import Planner
    from engine.service.settings import ServiceSettings
    from ir.diagnostics import Diagnostic


@dataclass(slots=True, kw_only=True)
class Context:
    """One process of a service. The journal may be used by any thread."""

    settings: ServiceSettings
    journal: Journal
    dispatcher: Dispatcher
    worker: str
    """The name of this process among the workers."""
    tenant: str = field(default=DEFAULT_TENANT)
    arrived: threading.Event = field(default_factory=threading.Event)
    """Set when an event of a webhook was stored."""
    address: str = ""
    """The URL that this process answers at."""
    broken: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    """The files of the folder that are no workflows though they look like some, and why."""
    pruned: Counter[str] = field(default_factory=Counter)
    """What this process has removed for its age, by its kind."""
    _planner: Planner | None = None

    @property
    def planner(self) -> Planner:
        """Compiles for whoever looks; a process that shows nothing has none."""
        if self._planner is None:
            from engine.service.planning import Planner

            self._planner = Planner(settings=self.settings, journal=self.journal)
        return self._planner
