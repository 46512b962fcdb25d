"""The names of what a schedule may wait for: one text an event, by which its schedules are found."""

from __future__ import annotations

from ir.model.schedule import Schedule

_FILES = "file_arrived:"


def topic_of(schedule: Schedule) -> str | None:
    """What the schedule waits for; None for one of times."""
    event = schedule.event
    if event is None:
        return None
    if isinstance(event, str):
        return named(event)
    if event.file_arrived is not None:
        return f"{_FILES}{event.file_arrived}"
    if event.workflow_finished is not None:
        return finished(event.workflow_finished)
    assert event.workflow_failed is not None
    return failed(event.workflow_failed)


def is_of_files(topic: str | None) -> bool:
    """Whether it is files that are waited for."""
    return topic is not None and topic.startswith(_FILES)


def location_of(topic: str) -> str:
    """Where the files arrive that are waited for."""
    return topic.removeprefix(_FILES)


def named(name: str) -> str:
    return f"event:{name}"


def finished(workflow: str) -> str:
    return f"workflow_finished:{workflow}"


def failed(workflow: str) -> str:
    return f"workflow_failed:{workflow}"
