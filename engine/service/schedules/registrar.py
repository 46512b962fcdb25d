"""A workflow's schedule, noted when the workflow is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from engine.journal.records import without_nul
from engine.schedules.times import Times
from engine.service.schedules.topics import is_of_files, topic_of
from engine.service.store.schedules import (
    StoredSchedule,
    definition_of,
    delete_schedule,
    instant_text,
    save_schedule,
    schedule_of,
)
from ir.model.workflow import Workflow


def register(connection: Connection, tenant: str, name: str, model: Workflow | None, *, now: str) -> None:
    """Note the schedule, or forget it where there is none.

    One that has not changed goes on where it stands, with what was missed meanwhile; a new one, or one with other
    words, has its first time after `now`: nothing that lies before is made up for.
    """
    if model is None or model.schedule is None:
        delete_schedule(connection, tenant, name)
        return
    schedule, zone = model.schedule, model.settings.timezone
    definition = definition_of(schedule, zone=zone)
    old = schedule_of(connection, tenant, name)
    if old is not None and old.definition == definition:
        return
    times = Times.of(schedule, zone=zone)
    first = None if times is None else times.next(datetime.fromisoformat(now))
    next_at = None if first is None else instant_text(first)
    topic = None if (found := topic_of(schedule)) is None else without_nul(found)
    new = StoredSchedule(
        workflow=name, kind=schedule.type, definition=definition, topic=topic, enabled=schedule.enabled,
        next_at=next_at if schedule.enabled else None, last_at=None if old is None else old.last_at,
        look_at=now if is_of_files(topic) else next_at, changed_at=now,
    )  # fmt: skip
    if old is not None:
        new = replace(new, progress=replace(old.progress, waiting=()))
    save_schedule(connection, tenant, new)
