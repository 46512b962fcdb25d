"""What all parts of a service share."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING

from engine.journal.records import DEFAULT_TENANT
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.service.compiling.task import Planned, Task
    from engine.service.dispatch.port import Dispatcher
    from engine.service.planning import Planner
    from engine.service.runners.processes import Processes
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
    compiles: Callable[[Task], Planned] | None = None
    """Compiles documents in place of the processes of runs."""
    _planner: Planner | None = None
    _processes: Processes | None = None
    _making: threading.Lock = field(default_factory=threading.Lock)

    @property
    def processes(self) -> Processes:
        """Those that runs are carried out in, and plans compiled."""
        with self._making:
            if self._processes is None:
                from engine.service.runners.processes import Processes

                self._processes = Processes(self.settings, self.journal)
            return self._processes

    @property
    def planner(self) -> Planner:
        """Has documents compiled for whoever looks; a process that shows nothing has none."""
        if self._planner is None:
            from engine.service.compiling.apart import CompilingApart
            from engine.service.planning import Planner

            compiles = self.compiles or CompilingApart(self.settings, self.processes)
            self._planner = Planner(journal=self.journal, compiles=compiles)
        return self._planner

    def close(self) -> None:
        """End the processes."""
        if self._processes is not None:
            self._processes.close()
