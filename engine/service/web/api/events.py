"""Events that somebody sends by their names."""

from __future__ import annotations

import secrets
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from engine.service.planning import check_start, model_of
from engine.service.schedules.topics import named
from engine.service.store.events import add_event, names_waited_for
from engine.service.store.schedules import list_schedules
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


class EventTaken(BaseModel):
    """What becomes of an event."""

    event: str
    workflows: list[str] = Field(description="The workflows that wait for it: each is run, by its overlap.")
    is_new: bool = Field(description="false where an event with that key was sent before; nothing is run again.")


def _send(call: Call) -> Response:
    sent: EventSent = call.taken
    name, journal = call.path["name"], call.context.journal
    schedules = [each for each in list_schedules(journal) if each.enabled]
    found = [find_workflow(journal, each.workflow) for each in schedules if each.topic == named(name)]
    waiting = [each for each in found if each is not None and each.enabled]
    if not waiting:
        known = names_waited_for([each.topic for each in schedules])
        raise Refused(404, f'no workflow waits for the event "{name}"', hint=did_you_mean(name, known) or (
            f"the events that are waited for: {', '.join(known)}" if known else
            f"write schedule: {{type: event, event: {name}}} in a workflow"))  # fmt: skip
    _check(waiting, sent.inputs)
    key = sent.idempotency_key or call.request.headers.get("idempotency-key") or secrets.token_hex(16)
    with journal.writing() as connection:
        is_new = add_event(connection, journal.tenant, named(name), key, about={"sent_by": call.who},
                           inputs=sent.inputs)  # fmt: skip
    return as_json(EventTaken(event=name, workflows=[each.workflow for each in waiting], is_new=is_new), 202)


def _check(waiting: list[StoredWorkflow], inputs: dict[str, Any]) -> None:
    """Refuse inputs with which a workflow could not begin, and those that none of them has.

    Raises:
        Refused: 422.
    """
    every = set[str]()
    for each in waiting:
        try:
            declared = {one.name for one in model_of(each).runtime_inputs}
            check_start(each, {name: value for name, value in inputs.items() if name in declared})
        except WorkflowError as error:
            raise Refused(422, f"{each.workflow} cannot be run so",
                          diagnostics=[one.as_json() for one in error.diagnostics]) from None  # fmt: skip
        every |= declared
    unknown = sorted(set(inputs) - every)
    if unknown:
        raise Refused(422, f'"{unknown[0]}" is no input of a workflow that waits for the event',
                      hint=f"their inputs are: {', '.join(sorted(every)) or 'none'}")  # fmt: skip


ROUTES = (
    Route(method="POST", path="/api/events/{name}", scope="run", answer=_send, summary="Send an event", takes=EventSent,
          gives=EventTaken, status=202),
)  # fmt: skip
