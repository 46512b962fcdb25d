"""A schedule taken past a moment: what is begun, what waits, and what is counted as missed or skipped."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from engine.schedules.times import Times
from engine.service.schedules.occasions import Decided, Occasion, decided, waiting_of
from engine.service.schedules.passed import passed
from engine.service.store.schedules import StoredSchedule, instant_text, save_schedule
from engine.service.store.starts import Start, insert_start
from engine.service.store.workflows import StoredWorkflow

AGAIN = timedelta(seconds=1)
"""How soon a schedule is looked at again whose occasions wait for a run to end."""

log = logging.getLogger("weirflow.schedules")


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
           new: Sequence[Occasion], *, now: datetime, is_busy: bool) -> list[Start]:  # fmt: skip
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
    last = (outcome.begun[-1].now or instant_text(now)) if outcome.begun else stored.last_at
    progress = replace(stored.progress, waiting=tuple(each.as_json() for each in outcome.waiting))
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
