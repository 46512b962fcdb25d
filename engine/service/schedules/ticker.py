"""The part of a service that looks at the clock: one loop, however many schedules there are."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.problem import ConnectorProblem
from engine.service.asking import hand_over
from engine.service.context import Context
from engine.service.schedules.happening import Taken, take_events
from engine.service.schedules.moving import Moved, moved_on, write_moved
from engine.service.schedules.setting_back import set_back
from engine.service.schedules.topics import is_of_files, location_of
from engine.service.schedules.watching import Watcher, wait_of
from engine.service.store.events import is_any_open
from engine.service.store.schedules import (
    StoredSchedule,
    busy_workflows,
    instant_text,
    is_anything_due,
    take_due,
)
from engine.service.store.starts import Start
from engine.service.store.workflows import StoredWorkflow, workflows_of

EVERY_S = 0.5
BATCH = 200
"""Schedules in one transaction: its cost is the disk's, not theirs."""
TIDIED_EVERY = timedelta(hours=1)

log = logging.getLogger("weirflow.schedules")


class Ticker:
    """Asks for the runs whose times have come. Several processes may tick: each time is claimed in the transaction
    that writes its run down, by a row that only one of them gets."""

    def __init__(self, context: Context, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
                 apart: Callable[[Callable[[], None]], object] | None = None) -> None:  # fmt: skip
        self._context = context
        self._clock = clock
        self._watcher = Watcher(context, clock=clock, apart=apart)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._tick_on, name="ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        self._stopping.set()
        self._watcher.stop()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def tick(self) -> list[Start]:
        """Begin everything whose time has come, and everything that an event asks for; the runs that were asked for."""
        found: list[Start] = []
        while not self._stopping.is_set():
            now, tenant = self._clock(), self._context.tenant
            with self._context.journal.looking() as connection:
                has_happened = is_any_open(connection, tenant)
                is_due = is_anything_due(connection, tenant, instant_text(now))
            heard = self._hear(now) if has_happened else Taken()
            claimed = self._claim(now) if is_due else Taken()
            hand_over(self._context, *heard.begun, *claimed.begun)
            found += [*heard.begun, *claimed.begun]
            if not heard.count and not claimed.count:  # there was none, or others have them
                break
        return found

    def tidy(self, now: datetime) -> None:
        """What is to be done seldom, and when the clock was set back."""
        set_back(self._context.journal, now=now)

    def _hear(self, now: datetime) -> Taken:
        with self._context.journal.writing() as connection:
            return take_events(connection, self._context.tenant, now=now)

    def _claim(self, now: datetime) -> Taken:
        tenant, moved, watched = self._context.tenant, list[Moved](), list[tuple[StoredSchedule, StoredWorkflow]]()
        with self._context.journal.writing() as connection:
            due = take_due(connection, tenant, instant_text(now), most=BATCH)
            names = [each.workflow for each in due]
            busy = busy_workflows(connection, tenant, names)
            known = workflows_of(connection, tenant, names)
            for each in due:
                workflow = known.get(each.workflow)
                if is_of_files(each.topic):
                    again = instant_text(now + wait_of(location_of(each.topic or "")))
                    moved.append(Moved(schedule=replace(each, look_at=again)))
                    if workflow is not None and workflow.enabled:
                        watched.append((each, workflow))
                else:
                    moved.append(moved_on(each, workflow, now=now, is_busy=each.workflow in busy))
            begun = write_moved(connection, tenant, moved)
        for schedule, workflow in watched:
            self._watcher.watch(schedule, workflow)
        return Taken(count=len(due), begun=tuple(begun))

    def _tick_on(self) -> None:
        tidied_at: datetime | None = None
        while not self._stopping.wait(EVERY_S):
            try:
                self.tick()
                now = self._clock()
                if tidied_at is None or not timedelta() <= now - tidied_at <= TIDIED_EVERY:
                    tidied_at = now
                    self.tidy(now)
            except ConnectorProblem as problem:
                log.warning("the schedules wait: %s", problem.message)
            except Exception:  # without this loop nothing would run any more
                log.exception("the schedules wait for a fault of weirflow's own")
