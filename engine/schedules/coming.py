"""The coming times of the schedule in a workflow file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any

from engine.schedules.times import Times, zone_of
from engine.schedules.words import words_of
from ir.diagnostics import Problems, WorkflowError
from ir.loading import load
from ir.model.schedule import Schedule
from ir.model.workflow import Workflow
from ir.records import dataclass
from ir.workflow import read_workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """The next times of a workflow."""

    workflow: str
    schedule: Schedule
    words: str
    zone: tzinfo
    zone_name: str
    times: tuple[datetime, ...]
    """In UTC."""
    ends_because: str | None = None
    """Why there are fewer than were asked for."""

    def as_json(self) -> dict[str, Any]:
        return {
            "workflow": self.workflow, "schedule": self.words, "enabled": self.schedule.enabled,
            "timezone": self.zone_name, "overlap": self.schedule.overlap, "catchup": self.schedule.catchup,
            "times": [{"utc": f"{each:%Y-%m-%dT%H:%M:%SZ}", "local": each.astimezone(self.zone).isoformat()}
                      for each in self.times],
            "ends_because": self.ends_because,
        }  # fmt: skip


def coming(file: Path, *, count: int, now: datetime | None) -> Coming:
    """The next `count` times after `now`; without an offset it is on the clock of the schedule's zone.

    Raises:
        WorkflowError: the file is none that can be read, or has no schedule (IR202).
    """
    name, workflow, schedule = _read(file)
    zone_name = schedule.timezone or workflow.settings.timezone
    zone = zone_of(zone_name)
    moment = now or datetime.now(UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    times = Times.of(schedule, zone=workflow.settings.timezone)
    found = tuple(islice(_times(times, schedule, moment), count))
    because = None if len(found) == count else _because(schedule, found)
    return Coming(workflow=name, schedule=schedule, words=words_of(schedule, zone=zone_name), zone=zone,
                  zone_name=zone_name, times=found, ends_because=because)  # fmt: skip


def _times(times: Times | None, schedule: Schedule, moment: datetime) -> Iterator[datetime]:
    if times is not None and schedule.enabled:
        yield from times.after(moment)


def _because(schedule: Schedule, found: tuple[datetime, ...]) -> str:
    if not schedule.enabled:
        return "it is not enabled, so it never runs by itself"
    if schedule.type == "event":
        return "an event starts it, so nobody knows when"
    if schedule.end_date is None:
        return "its expression has no further time"
    return f"there is none {'after that' if found else 'any more'}: its end_date is {schedule.end_date}"


def _read(file: Path) -> tuple[str, Workflow, Schedule]:
    document = load(file)
    problems = Problems(document)
    workflow = read_workflow(document, problems)
    if workflow is None or problems.errors:
        raise WorkflowError(problems.found)
    if workflow.schedule is None:
        problems.error("IR202", "the workflow has no schedule", at=(),
                       hint='write schedule: {type: cron, cron_expression: "0 6 * * 1-5"}')  # fmt: skip
        raise WorkflowError(problems.found)
    return workflow.name or file.stem, workflow, workflow.schedule
