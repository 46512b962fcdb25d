"""The files of workflows that came by the API: listed on the page of their workflow, put, taken along and removed."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from engine.service.putting import base_of
from engine.service.store.workflows import StoredWorkflow
from engine.service.uploads import HeldFile, listed
from engine.service.web.api.workflow_files import file_answer, folder_of, put_answer, receiving, removed
from engine.service.web.console.rendering import address, moved
from engine.service.web.routes import Call, Route


def files_of(call: Call, workflow: StoredWorkflow) -> Sequence[HeldFile] | None:
    """The files that the page shows; None where it shows none."""
    if workflow.file is not None or call.key is None or not call.key.may("edit"):
        return None
    return listed(base_of(call.context, workflow.workflow))


def _get(call: Call) -> Response:
    return file_answer(call, folder_of(call, call.path["workflow"]))


def _put(call: Call) -> Response:
    return put_answer(call)


def _remove(call: Call) -> Response:
    removed(folder_of(call, call.path["workflow"]), call.form.get("path", ""))
    return moved(address("workflows", call.path["workflow"]))


_FILE = "/workflows/{workflow}/files/{path:path}"
ROUTES = (
    Route(method="GET", path=_FILE, scope="edit", answer=_get, kind="page", media="application/octet-stream",
          summary="A file of a workflow"),
    Route(method="PUT", path=_FILE, scope="edit", answer=_put, kind="page", media="application/json",
          receives=lambda call: receiving(call, call.path["workflow"]), summary="Store a file of a workflow"),
    Route(method="POST", path="/workflows/{workflow}/files", scope="edit", answer=_remove, kind="page",
          media="text/html", summary="Remove a file of a workflow"),
)  # fmt: skip
