"""The addresses that events are sent to, and the last events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from starlette.responses import Response

from engine.service.store.hooks import rotate_hook
from engine.service.views.hooks import EventView, HookView, hooks_by_workflow, last_events
from engine.service.web.console.rendering import address, moved, page
from engine.service.web.routes import Call, Refused, Route
from ir.records import dataclass

KEEP = timedelta(days=1)
"""So long the address before still counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHook:
    """A webhook with its last events; `url` is None for keys that may not edit."""

    view: HookView
    url: str | None
    events: Sequence[EventView]


def hook_of(call: Call, view: HookView, *, limit: int) -> ShownHook:
    may_edit = call.key is not None and call.key.may("edit")
    url = str(call.request.base_url).rstrip("/") + view.path if may_edit and view.path else None
    return ShownHook(view=view, url=url, events=last_events(call.context.journal, view.workflow, limit=limit))


def _list(call: Call) -> Response:
    found = hooks_by_workflow(call.context.journal).values()
    return page(call, "hooks.html", hooks=[hook_of(call, each, limit=5) for each in found])


def _rotate(call: Call) -> Response:
    if rotate_hook(call.context.journal, call.path["workflow"], keep=KEEP) is None:
        raise Refused(404, f'the workflow "{call.path["workflow"]}" has no webhook')
    return moved(address("workflows", call.path["workflow"]))


ROUTES = (
    Route(method="GET", path="/hooks", scope="read", answer=_list, kind="page", media="text/html",
          summary="The webhooks"),
    Route(method="POST", path="/hooks/{workflow}/rotate", scope="edit", answer=_rotate, kind="page",
          media="text/html", summary="Give a webhook a new address"),
)  # fmt: skip
