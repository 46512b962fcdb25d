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
from engine.service.store.schedules import StoredSchedule, instant_text, save_progress
from engine.service.store.starts import Start, insert_starts
from engine.service.store.workflows import StoredWorkflow
from ir.records import dataclass

AGAIN = timedelta(seconds=1)
"""How soon a schedule is looked at again whose occasions wait for a run to end."""
_LATER = timedelta(minutes=10)

log = logging.getLogger("weirflow.schedules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A schedule as it stands now, and the runs that are to be written down with it."""

    schedule: StoredSchedule
    starts: tuple[Start, ...] = ()


def moved_on(stored: StoredSchedule, workflow: StoredWorkflow | None, *, now: datetime, is_busy: bool) -> Moved:
    """The schedule past `now`; one that cannot be reckoned says so, and keeps no other one from running."""
    try:
        return _moved_on(stored, workflow, now=now, is_busy=is_busy)
    except Exception as error:  # the one loop of all schedules goes on, whatever is the matter with this one
        return broken(stored, error, now=now)


def broken(stored: StoredSchedule, error: Exception, *, now: datetime) -> Moved:
    """A schedule that something is the matter with, which is looked at again in a while."""
    words = f"its schedule cannot be read: {type(error).__name__}: {error}".split("\n")[0]
    log.exception("%s: %s", stored.workflow, words)
    stored = stored.told(words, at=instant_text(now))
    return Moved(schedule=replace(stored, look_at=instant_text(now + _LATER)))


def _moved_on(stored: StoredSchedule, workflow: StoredWorkflow | None, *, now: datetime, is_busy: bool) -> Moved:
    """The schedule past `now`: what has come due is to be run, waits, or is counted as missed or skipped."""
    times = Times.of(stored.schedule, zone=stored.zone)
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
    return followed(stored, workflow, new, now=now, is_busy=is_busy)


def followed(stored: StoredSchedule, workflow: StoredWorkflow | None, new: Sequence[Occasion], *, now: datetime,
             is_busy: bool) -> Moved:  # fmt: skip
    """What becomes of new occasions and of those that wait."""
    waiting = waiting_of(stored.progress.waiting)
    outcome = Decided(waiting=tuple(waiting))
    if workflow is not None and workflow.enabled:
        outcome = decided(new, waiting=waiting, overlap=stored.schedule.overlap, is_busy=is_busy)
    if outcome.skipped:
        words = _skipped(outcome)
        stored = stored.told(words, at=instant_text(now), skipped=len(outcome.skipped))
        log.warning("%s: %s", stored.workflow, words)
    last = (outcome.begun[-1].now or instant_text(now)) if outcome.begun else stored.last_at
    progress = replace(stored.progress, waiting=tuple(each.as_json() for each in outcome.waiting))
    look_at = stored.next_at
    if outcome.waiting:
        again = instant_text(now + AGAIN)
        look_at = again if look_at is None else min(look_at, again)
    starts = () if workflow is None else tuple(each.start(workflow) for each in outcome.begun)
    return Moved(schedule=replace(stored, last_at=last, look_at=look_at, progress=progress), starts=starts)


def write_moved(connection: Connection, tenant: str, moved: Sequence[Moved]) -> list[Start]:
    """Write all of them down in the transaction that is open; the runs that nobody had asked for before."""
    save_progress(connection, tenant, [each.schedule for each in moved])
    return insert_starts(connection, tenant, [start for each in moved for start in each.starts])


def _skipped(outcome: Decided) -> str:
    count = len(outcome.skipped)
    what = outcome.skipped[-1].about.get("due") or outcome.skipped[-1].about.get("event")
    which = f"{what} was skipped" if count == 1 else f"{count} were skipped, the last of them {what}"
    return f"{which}: the run before goes on"
