"""Events that somebody sends by their names."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from engine.journal.journal import Journal
from engine.service.planning import check_start, model_of
from engine.service.schedules.topics import named
from engine.service.store.events import Event, add_event, event_of, names_waited_for
from engine.service.store.schedules import StoredSchedule, list_schedules
from engine.service.store.workflows import StoredWorkflow, find_workflow
from engine.service.web.queries import Text
from engine.service.web.routes import Call, Refused, Route, as_json
from ir.diagnostics import WorkflowError, did_you_mean


class EventSent(BaseModel):
    """An event that has happened."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, Any] = Field(
        default_factory=dict, description="Runtime inputs of the runs; each workflow takes those that it has."
    )
    idempotency_key: Text | None = Field(
        None, description="A second request with the same key is the same event (for 30 days)."
    )


class NotStarted(BaseModel):
    """A workflow that waits for an event and cannot be run so."""

    workflow: str
    diagnostics: list[dict[str, Any]] = Field(description="What is wrong, each at its place.")


class EventTaken(BaseModel):
    """What becomes of an event."""

    event: str
    workflows: list[str] = Field(description="The workflows that wait for it: each is run, by its overlap.")
    not_started: list[NotStarted] = Field(description="Those that wait for it and cannot begin; they miss it.")
    is_new: bool = Field(
        description="false where an event with that key was sent before: nothing is run again, and the answer is the "
        "one that it had then."
    )


def _send(call: Call) -> Response:
    sent: EventSent = call.taken
    name, journal = call.path["name"], call.context.journal
    key = sent.idempotency_key or call.request.headers.get("idempotency-key") or secrets.token_hex(16)
    with journal.looking() as connection:
        known = event_of(connection, journal.tenant, named(name), key)
    if known is not None:
        return _taken(journal, name, known, is_new=False)
    waiting = _waiting(journal, name)
    if not waiting:
        raise _for_nobody(journal, name)
    begun, not_started = _sorted(waiting, sent.inputs)
    about = {"sent_by": call.who, "workflows": begun, "not_started": [each.model_dump() for each in not_started]}
    with journal.writing() as connection:
        is_new = add_event(connection, journal.tenant, named(name), key, about=about, inputs=sent.inputs)
        known = event_of(connection, journal.tenant, named(name), key)  # another request may have been faster
    assert known is not None
    return _taken(journal, name, known, is_new=is_new)


def _taken(journal: Journal, name: str, event: Event, *, is_new: bool) -> Response:
    workflows = event.about.get("workflows")
    if workflows is None:  # stored by a version that did not write them down: all that waited were run
        workflows = [each.workflow for each in _waiting(journal, name)]
    left = event.about.get("not_started", [])
    return as_json(EventTaken(event=name, workflows=workflows, not_started=left, is_new=is_new), 202)


def _waiting(journal: Journal, name: str) -> list[StoredWorkflow]:
    """The workflows that wait for the event now."""
    now = datetime.now(UTC)
    listening = [each for each in list_schedules(journal) if _is_for(each, name) and _listens(each, now)]
    found = [find_workflow(journal, each.workflow) for each in listening]
    return [each for each in found if each is not None and each.enabled]


def _is_for(schedule: StoredSchedule, name: str) -> bool:
    return schedule.enabled and schedule.topic == named(name)


def _listens(schedule: StoredSchedule, now: datetime) -> bool:
    try:
        return schedule.listens_at(now)
    except (ValueError, LookupError):  # one that cannot be read says so when the event is taken
        return True


def _for_nobody(journal: Journal, name: str) -> Refused:
    schedules = [each for each in list_schedules(journal) if each.enabled]
    asleep = [each.workflow for each in schedules if _is_for(each, name)]
    if asleep:
        return Refused(404, f'no workflow waits for the event "{name}" now', hint=(
            f"disabled, before their start_date or past their end_date: {', '.join(asleep)}"))  # fmt: skip
    known = names_waited_for([each.topic for each in schedules])
    return Refused(404, f'no workflow waits for the event "{name}"', hint=did_you_mean(name, known) or (
        f"the events that are waited for: {', '.join(known)}" if known else
        f"write schedule: {{type: event, event: {name}}} in a workflow"))  # fmt: skip


def _sorted(waiting: list[StoredWorkflow], inputs: dict[str, Any]) -> tuple[list[str], list[NotStarted]]:
    """Those that can begin with these inputs, and those that cannot.

    Raises:
        Refused: 422, none can begin, or none has an input of that name.
    """
    begun, not_started, declared, is_all = list[str](), list[NotStarted](), set[str](), True
    for each in waiting:
        try:
            own = {one.name for one in model_of(each).runtime_inputs}
        except WorkflowError as error:
            not_started.append(_not_started(each, error))
            is_all = False  # its inputs are not known, so that what seems to be nobody's may be one of them
            continue
        declared |= own
        try:
            check_start(each, {name: value for name, value in inputs.items() if name in own})
        except WorkflowError as error:
            not_started.append(_not_started(each, error))
        else:
            begun.append(each.workflow)
    unknown = sorted(set(inputs) - declared)
    if unknown and is_all:
        raise Refused(422, f'"{unknown[0]}" is no input of a workflow that waits for the event',
                      hint=f"their inputs are: {', '.join(sorted(declared)) or 'none'}")  # fmt: skip
    if not begun:
        raise Refused(422, f"{', '.join(each.workflow for each in not_started)} cannot be run so",
                      diagnostics=[one for each in not_started for one in each.diagnostics])  # fmt: skip
    return begun, not_started


def _not_started(workflow: StoredWorkflow, error: WorkflowError) -> NotStarted:
    return NotStarted(workflow=workflow.workflow, diagnostics=[each.as_json() for each in error.diagnostics])


ROUTES = (
    Route(method="POST", path="/api/events/{name}", scope="run", answer=_send, summary="Send an event", takes=EventSent,
          gives=EventTaken, status=202),
)  # fmt: skip
