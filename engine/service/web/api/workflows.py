"""The workflows of the service."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from engine.service.store.workflows import StoredWorkflow, find_workflow, list_workflows
from engine.service.web.routes import Call, Refused, Route, as_json


def workflow_of(call: Call, name: str) -> StoredWorkflow:
    """The workflow of that name.

    Raises:
        Refused: 404.
    """
    found = find_workflow(call.context.journal, name)
    if found is None:
        raise Refused(404, f'there is no workflow "{name}"')
    return found


def _list(call: Call) -> Response:
    return as_json({"workflows": [_shown(each) for each in list_workflows(call.context.journal)]})


def _shown(each: StoredWorkflow) -> dict[str, Any]:
    return {"name": each.workflow, "goal": each.goal, "version": each.version, "changed_at": each.changed_at}


ROUTES = (
    Route(method="GET", path="/api/workflows", scope="read", answer=_list, summary="The workflows"),
)  # fmt: skip
