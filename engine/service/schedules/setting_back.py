"""Schedules that were taken too far by a clock that ran ahead: once it is right they would wait until it is there."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from engine.journal.journal import Journal
from engine.schedules.times import Times
from engine.service.store.schedules import (
    StoredSchedule,
    instant_text,
    list_schedules,
    save_schedule,
    schedule_to_change,
)

_SELDOM = timedelta(days=1)
"""So long no look is put off while the clock is right."""

log = logging.getLogger("weirflow.schedules")


def set_back(journal: Journal, *, now: datetime) -> None:
    """Have every schedule wait for the first time after now. What has run already does not run again for it: its runs
    are known by their times."""
    for name in [each.workflow for each in list_schedules(journal) if _right(each, now) != each]:
        with journal.writing() as connection:
            stored = schedule_to_change(connection, journal.tenant, name)
            if stored is not None:
                right = _right(stored, now)
                log.warning("%s: the clock ran ahead; it is looked at next at %s", name, right.look_at)
                save_schedule(connection, journal.tenant, right)


def _right(stored: StoredSchedule, now: datetime) -> StoredSchedule:
    if not stored.enabled:
        return stored
    try:
        times = Times.of(stored.schedule, zone=stored.zone)
    except Exception:  # the loop says what is the matter with it
        return stored
    first = None if times is None else times.next(now)
    if first is not None and (stored.next_at is None or stored.next_at > instant_text(first)):
        text = instant_text(first)
        return replace(stored, next_at=text, look_at=instant_text(now) if stored.progress.waiting else text)
    if times is None and stored.look_at is not None and stored.look_at > instant_text(now + _SELDOM):
        return replace(stored, look_at=instant_text(now))
    return stored
