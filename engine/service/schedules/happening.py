"""Events that were stored, handed to the workflows that wait for them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.service.planning import model_of
from engine.service.schedules.moving import broken, followed, write_moved
from engine.service.schedules.occasions import Occasion
from engine.service.store.events import Event, take_open
from engine.service.store.schedules import (
    StoredSchedule,
    busy_workflows,
    instant_text,
    take_listening,
)
from engine.service.store.starts import Start
from engine.service.store.workflows import StoredWorkflow, workflows_of
from ir.diagnostics import WorkflowError
from ir.records import dataclass

BATCH = 100
MOST_IN_A_CHAIN = 10
"""So many runs may start each other, one after the other: workflows that go round in a circle come to an end."""
_OF_ALL = ("workflows", "not_started")
"""What an event that was sent says of every workflow that waits for it."""

log = logging.getLogger("weirflow.schedules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How many schedules or events one transaction took, and the runs to be handed over."""

    count: int = 0
    begun: tuple[Start, ...] = ()


def take_events(connection: Connection, tenant: str, *, now: datetime) -> Taken:
    """Take what has happened, in the transaction that is open."""
    found = take_open(connection, tenant, most=BATCH)
    listening = take_listening(connection, tenant, sorted({each.topic for each in found}))
    names = [each.workflow for each in listening]
    busy = busy_workflows(connection, tenant, names)
    known = workflows_of(connection, tenant, names)
    moved = []
    for each in listening:
        workflow, heard = known.get(each.workflow), [one for one in found if one.topic == each.topic]
        try:
            schedule, new = _heard(each, heard, workflow, now=now)
            moved.append(followed(schedule, workflow, new, now=now, is_busy=each.workflow in busy))
        except Exception as error:  # what is the matter with one keeps the event from no other
            moved.append(broken(each, error, now=now))
    return Taken(count=len(found), begun=tuple(write_moved(connection, tenant, moved)))


def _heard(stored: StoredSchedule, events: Sequence[Event], workflow: StoredWorkflow | None, *,
           now: datetime) -> tuple[StoredSchedule, tuple[Occasion, ...]]:  # fmt: skip
    """What the events are for one schedule, which tells of a chain that has come to its end."""
    new = []
    for each in events:
        chain = each.about.get("chain", ())
        if not stored.listens_at(datetime.fromisoformat(each.happened_at)):
            continue
        if len(chain) >= MOST_IN_A_CHAIN:
            words = f"not started: {len(chain)} runs have started each other already: {' -> '.join(chain)}"
            stored = stored.told(words, at=instant_text(now), skipped=1)
            log.warning("%s: %s", stored.workflow, stored.progress.told)
            continue
        why = _why_not(each, stored.workflow)
        if why is not None:
            words = f"not started by {each.topic}: {why}"
            stored = stored.told(words, at=instant_text(now), skipped=1)
            log.warning("%s: %s", stored.workflow, stored.progress.told)
            continue
        about = {name: value for name, value in each.about.items() if name not in _OF_ALL}
        new.append(Occasion(
            key=f"event:{stored.workflow}:{each.topic}:{each.event}", cause="event", inputs=_inputs(each, workflow),
            about={**about, "event": each.topic, "happened_at": each.happened_at},
        ))  # fmt: skip
    return stored, tuple(new)


def _why_not(event: Event, workflow: str) -> str | None:
    """Why the workflow could not begin when the event was sent; whoever sent it was told so."""
    for each in event.about.get("not_started", ()):
        if each["workflow"] == workflow:
            return "; ".join(one["message"] for one in each["diagnostics"])
    return None


def _inputs(event: Event, workflow: StoredWorkflow | None) -> Mapping[str, Any]:
    """Those of the event's inputs that the workflow has; the others are for others that wait for it."""
    if not event.inputs or workflow is None:
        return {}
    try:
        declared = {each.name for each in model_of(workflow).runtime_inputs}
    except WorkflowError:
        return event.inputs  # its run says what is wrong with it
    return {name: value for name, value in event.inputs.items() if name in declared}
