"""The first page: the workflows of the service."""

from __future__ import annotations

from starlette.responses import Response

from engine.service.store.workflows import list_workflows
from engine.service.web.console.rendering import page
from engine.service.web.routes import Call, Route


def _list(call: Call) -> Response:
    return page(call, "workflows.html", workflows=list_workflows(call.context.journal))


ROUTES = (
    Route(method="GET", path="/", scope="read", answer=_list, kind="page", media="text/html", summary="The workflows"),
)  # fmt: skip
