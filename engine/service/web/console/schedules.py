"""When workflows run by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from starlette.responses import Response

from engine.schedules.times import Times
from engine.service.store.schedules import instant_text
from engine.service.store.workflows import list_workflows
from engine.service.views.schedules import ScheduleView, schedules_by_workflow
from engine.service.web.console.rendering import page
from engine.service.web.routes import Call, Route
from ir.model.schedule import Schedule


def coming_times(view: ScheduleView | None, *, most: int) -> Sequence[str]:
    """The coming times, as instants: none of a schedule that is off, or that events start."""
    if view is None or not view.enabled:
        return ()
    schedule = Schedule.model_validate(view.definition["schedule"])
    times = Times.of(schedule, zone=str(view.definition["timezone"]))
    return () if times is None else [instant_text(each) for each in islice(times.after(datetime.now(UTC)), most)]


def _list(call: Call) -> Response:
    journal = call.context.journal
    goals: dict[str, Any] = {each.workflow: each.goal for each in list_workflows(journal)}
    found = schedules_by_workflow(journal)
    return page(call, "schedules.html", schedules=list(found.values()), goals=goals,
                coming={name: coming_times(each, most=3) for name, each in found.items()})  # fmt: skip


ROUTES = (
    Route(method="GET", path="/schedules", scope="read", answer=_list, kind="page", media="text/html",
          summary="The schedules"),
)  # fmt: skip
