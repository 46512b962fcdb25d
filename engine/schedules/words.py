"""A schedule in words."""

from __future__ import annotations

from datetime import datetime, tzinfo

from engine.schedules.times import Times
from ir.model.schedule import Schedule


def words_of(schedule: Schedule, *, zone: str) -> str:
    """What starts the workflow: `cron 0 6 * * 1-5 in Europe/Berlin`, `when invoices has ended well`."""
    where = schedule.timezone or zone
    match schedule.type:
        case "cron":
            found = f"cron {schedule.cron_expression} in {where}"
        case "interval":
            minutes = schedule.interval_minutes
            found = "every minute" if minutes == 1 else f"every {minutes} minutes"
        case "event":
            found = _event(schedule)
    if schedule.start_date:
        found += f", from {schedule.start_date}"
    if schedule.end_date:
        found += f", until {schedule.end_date}"
    if schedule.overlap != "skip":
        found += f", overlap {schedule.overlap}"
    if schedule.catchup != "none":
        found += f", catchup {schedule.catchup}"
    return found if schedule.enabled else f"{found}; not enabled"


def _event(schedule: Schedule) -> str:
    event = schedule.event
    if isinstance(event, str):
        return f"when the event {event} is sent"
    assert event is not None
    if event.file_arrived:
        return f"when a file arrives at {event.file_arrived}"
    return f"when {event.workflow_finished} has ended well" if event.workflow_finished else (
        f"when {event.workflow_failed} has failed"
    )  # fmt: skip


def next_words(schedule: Schedule, *, zone: str, after: datetime) -> str | None:
    """The coming time, as `Monday 2026-02-02 06:00 CET`; None where an event starts it, or nothing does any more."""
    times = Times.of(schedule, zone=zone) if schedule.enabled else None
    found = None if times is None else times.next(after)
    return None if times is None or found is None else moment_words(found, times.zone)


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def moment_words(moment: datetime, zone: tzinfo) -> str:
    """An instant on the clock of a zone."""
    local = moment.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M}{_seconds(local)} {local:%Z}"


def _seconds(local: datetime) -> str:
    return f":{local:%S}" if local.second else ""
