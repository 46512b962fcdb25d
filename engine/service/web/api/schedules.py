"""When workflows run by themselves, and where events are sent to."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from engine.service.store.hooks import rotate_hook
from engine.service.views.hooks import EventView, HookView, hooks_by_workflow, last_events
from engine.service.views.schedules import ScheduleView, schedules_by_workflow
from engine.service.views.view import View
from engine.service.web.queries import Text
from engine.service.web.routes import Call, Refused, Route, as_json


class ScheduleList(View):
    """The schedules, those whose time comes first in front."""

    schedules: list[ScheduleView]


class HookList(View):
    """The webhooks."""

    webhooks: list[HookView]


class EventList(View):
    """The last events of a webhook, the latest first."""

    events: list[EventView]


class OfWorkflow(BaseModel):
    """Of which workflow."""

    model_config = ConfigDict(extra="forbid")

    workflow: Text | None = Field(None, description="Only those of this workflow.")


class EventsAsked(BaseModel):
    """How many events are listed."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=200, description="At most so many.")


class RotationWanted(BaseModel):
    """A new address that is asked for."""

    model_config = ConfigDict(extra="forbid")

    keep_hours: float = Field(24, ge=0, le=720, description="So long the address before still counts.")


def _schedules(call: Call) -> Response:
    asked: OfWorkflow = call.asked
    return as_json(ScheduleList(schedules=list(schedules_by_workflow(call.context.journal, asked.workflow).values())))


def _hooks(call: Call) -> Response:
    asked: OfWorkflow = call.asked
    may_edit = call.key is not None and call.key.may("edit")
    found = hooks_by_workflow(call.context.journal, asked.workflow).values()
    return as_json(HookList(webhooks=[each if may_edit else each.without_path() for each in found]))


def _events(call: Call) -> Response:
    asked: EventsAsked = call.asked
    name = call.path["workflow"]
    if name not in hooks_by_workflow(call.context.journal, name):
        raise Refused(404, f'there is no workflow "{name}" with a webhook')
    return as_json(EventList(events=last_events(call.context.journal, name, limit=asked.limit)))


def _rotate(call: Call) -> Response:
    wanted: RotationWanted = call.taken
    name = call.path["workflow"]
    if rotate_hook(call.context.journal, name, keep=timedelta(hours=wanted.keep_hours)) is None:
        raise Refused(404, f'there is no workflow "{name}" with a webhook')
    return as_json(hooks_by_workflow(call.context.journal, name)[name])


ROUTES = (
    Route(method="GET", path="/api/schedules", scope="read", answer=_schedules, summary="The schedules",
          asks=OfWorkflow, gives=ScheduleList),
    Route(method="GET", path="/api/webhooks", scope="read", answer=_hooks, summary="The webhooks", asks=OfWorkflow,
          gives=HookList),
    Route(method="POST", path="/api/webhooks/{workflow}/rotate", scope="edit", answer=_rotate, takes=RotationWanted,
          summary="Give a webhook a new address", gives=HookView),
    Route(method="GET", path="/api/webhooks/{workflow}/events", scope="read", answer=_events, asks=EventsAsked,
          summary="The last events that a webhook accepted", gives=EventList),
)  # fmt: skip
