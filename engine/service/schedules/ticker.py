"""The part of a service that looks at the clock: one loop, however many schedules there are."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from connectors.problem import ConnectorProblem
from engine.schedules.times import Times
from engine.service.asking import hand_over
from engine.service.context import Context
from engine.service.schedules.occasions import Decided, Occasion, decided, waiting_of
from engine.service.schedules.passed import passed
from engine.service.store.schedules import (
    Progress,
    StoredSchedule,
    busy_workflows,
    instant_text,
    is_anything_due,
    save_schedule,
    take_due,
)
from engine.service.store.starts import Start, insert_start
from engine.service.store.workflows import StoredWorkflow, workflows_of

EVERY_S = 0.5
BATCH = 200
"""Schedules in one transaction: its cost is the disk's, not theirs."""
AGAIN = timedelta(seconds=1)
"""How soon one is looked at again whose occasions wait for a run to end."""

log = logging.getLogger("weirflow.schedules")


class Ticker:
    """Asks for the runs whose times have come. Several processes may tick: each time is claimed in the transaction
    that writes its run down, by a row that only one of them gets."""

    def __init__(self, context: Context, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._context = context
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._tick_on, name="ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        self._stopping.set()
        self._thread.join(within_s)

    def tick(self) -> list[Start]:
        """Begin everything whose time has come; the runs that were asked for."""
        found: list[Start] = []
        while not self._stopping.is_set():
            now = self._clock()
            with self._context.journal.looking() as connection:
                if not is_anything_due(connection, self._context.tenant, instant_text(now)):
                    return found
            begun = self._claim(now)
            for each in begun:
                hand_over(self._context, each)
            found += begun
        return found

    def _claim(self, now: datetime) -> list[Start]:
        tenant, begun = self._context.tenant, list[Start]()
        with self._context.journal.writing() as connection:
            due = take_due(connection, tenant, instant_text(now), most=BATCH)
            names = [each.workflow for each in due]
            busy = busy_workflows(connection, tenant, names)
            known = workflows_of(connection, tenant, names)
            for each in due:
                begun += moved_on(connection, tenant, each, known.get(each.workflow), now=now,
                                  is_busy=each.workflow in busy)  # fmt: skip
        return begun

    def _tick_on(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.tick()
            except ConnectorProblem as problem:
                log.warning("the schedules wait: %s", problem.message)


def moved_on(connection: Connection, tenant: str, stored: StoredSchedule, workflow: StoredWorkflow | None, *,
             now: datetime, is_busy: bool) -> list[Start]:  # fmt: skip
    """Take the schedule past `now`, in the transaction that is open: what has come due is written down as runs, waits,
    or is counted as missed or skipped."""
    schedule = stored.schedule
    times = Times.of(schedule, zone=stored.zone)
    new: tuple[Occasion, ...] = ()
    if times is not None and stored.next_at is not None and datetime.fromisoformat(stored.next_at) <= now:
        if workflow is not None and workflow.enabled:
            came = passed(stored, times, now=now)
            new = came.occasions
            if came.missed:
                stored = stored.told(came.words, at=instant_text(now), missed=came.missed)
                log.warning("%s: %s", stored.workflow, came.words)
        following = times.next(now)
        stored = replace(stored, next_at=None if following is None else instant_text(following))
    return follow(connection, tenant, stored, workflow, new, now=now, is_busy=is_busy)


def follow(connection: Connection, tenant: str, stored: StoredSchedule, workflow: StoredWorkflow | None,
           new: tuple[Occasion, ...], *, now: datetime, is_busy: bool) -> list[Start]:  # fmt: skip
    """Write down what becomes of new occasions and of those that wait; the runs that are to be handed over."""
    waiting = waiting_of(stored.progress.waiting)
    outcome = Decided(waiting=tuple(waiting))
    if workflow is not None and workflow.enabled:
        outcome = decided(new, waiting=waiting, overlap=stored.schedule.overlap, is_busy=is_busy)
    if outcome.skipped:
        words = _skipped(outcome)
        stored = stored.told(words, at=instant_text(now), skipped=len(outcome.skipped))
        log.warning("%s: %s", stored.workflow, words)
    begun = []
    for each in outcome.begun:
        assert workflow is not None
        start = each.start(workflow)
        if insert_start(connection, tenant, start):
            begun.append(start)
    last = next((each.now for each in reversed(outcome.begun) if each.now is not None), stored.last_at)
    progress: Progress = replace(stored.progress, waiting=tuple(each.as_json() for each in outcome.waiting))
    look_at = stored.next_at
    if outcome.waiting:
        again = instant_text(now + AGAIN)
        look_at = again if look_at is None else min(look_at, again)
    save_schedule(connection, tenant, replace(stored, last_at=last, look_at=look_at, progress=progress))
    return begun


def _skipped(outcome: Decided) -> str:
    count = len(outcome.skipped)
    what = outcome.skipped[-1].about.get("due") or outcome.skipped[-1].about.get("event")
    which = f"{what} was skipped" if count == 1 else f"{count} were skipped, the last of them {what}"
    return f"{which}: the run before goes on"
