"""The workflows, and a workflow: its plan, what it asks for, when it runs by itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.responses import Response

from engine.names import read_inputs
from engine.service.planning import model_of
from engine.service.store.schedules import instant_text
from engine.service.store.switches import switch
from engine.service.store.workflows import StoredWorkflow, find_workflow
from engine.service.views.letters import letters_of_runs
from engine.service.views.run_rows import run_counts, run_page
from engine.service.views.workflows import workflow_rows, workflow_view
from engine.service.web.acting import begun
from engine.service.web.api.workflows import removed
from engine.service.web.console.actions import once
from engine.service.web.console.files import files_of
from engine.service.web.console.hooks import hook_of
from engine.service.web.console.pictures import picture_of
from engine.service.web.console.rendering import address, moved, page
from engine.service.web.console.runs import to_run
from engine.service.web.console.schedules import coming_times
from engine.service.web.routes import Call, Refused, Route
from ir.diagnostics import Problems, WorkflowError

LAST_RUNS = 8
COUNTED = timedelta(days=1)
"""So long the first page counts runs that are over."""
PREFIX = "input."
"""Of the names of a form's fields that are inputs of the workflow."""


def _list(call: Call) -> Response:
    journal = call.context.journal
    rows = workflow_rows(journal)
    broken = {_within(call, path): [each.as_json() for each in found] for path, found in call.context.broken.items()}
    return page(call, "workflows.html", workflows=rows, broken=broken,
                counts=run_counts(journal, since=instant_text(datetime.now(UTC) - COUNTED)))  # fmt: skip


def _show(call: Call) -> Response:
    return _workflow_page(call, workflow_of(call))


def _workflow_page(call: Call, workflow: StoredWorkflow, *, status: int = 200, given: Mapping[str, str] | None = None,
                   wrong: Mapping[str, str] | None = None, problems: list[dict[str, Any]] | None = None
                   ) -> Response:  # fmt: skip
    journal = call.context.journal
    view = workflow_view(journal, workflow)
    last = run_page(journal, workflow=view.name, limit=LAST_RUNS).runs
    return page(
        call, "workflow.html", status=status, workflow=view, runs=last, given=given, wrong=wrong or {},
        problems=problems or [], letters=letters_of_runs(journal, [each.run_id for each in last]),
        picture=picture_of(call, workflow), hook=hook_of(call, view.hook, limit=8) if view.hook else None,
        coming=coming_times(view.schedule, most=5), prefix=PREFIX,
        files=files_of(call, workflow), once=secrets.token_urlsafe(12),
        file=_within(call, view.file) if view.file else None,
    )  # fmt: skip


def _within(call: Call, file: str) -> str:
    """A file as the folder of the service has it."""
    path, folder = Path(file), call.context.settings.folder
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else file


def _picture(call: Call) -> Response:
    return page(call, "picture.html", picture=picture_of(call, workflow_of(call), patience_s=30.0))


def _start(call: Call) -> Response:
    """Sent twice, by a finger that was too quick, the form begins one run."""
    workflow = workflow_of(call)
    fields = {name.removeprefix(PREFIX): value for name, value in call.form.items() if name.startswith(PREFIX)}
    inputs = {name: value for name, value in fields.items() if value.strip()}
    wrong = _wrong(workflow, inputs)
    if not wrong:
        try:
            row = begun(call, workflow, inputs, idempotency_key=once(call))
        except WorkflowError as error:
            problems = [each.as_json() for each in error.diagnostics]
            return _workflow_page(call, workflow, status=422, given=fields, problems=problems)
        return to_run(row.run_id)
    return _workflow_page(call, workflow, status=422, given=fields, wrong=wrong)


def _on(call: Call) -> Response:
    return _switched(call, is_on=True)


def _off(call: Call) -> Response:
    return _switched(call, is_on=False)


def _switched(call: Call, *, is_on: bool) -> Response:
    name = workflow_of(call).workflow
    switch(call.context.journal, name, is_on=is_on, by=call.who)
    return moved(address("workflows", name))


def _forget(call: Call) -> Response:
    removed(call, workflow_of(call).workflow, with_files=call.form.get("files") == "remove")
    return moved("/")


def _wrong(workflow: StoredWorkflow, inputs: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with an input, by its name."""
    model, found = model_of(workflow), {}
    for each in model.runtime_inputs:
        problems = Problems(workflow.loaded())
        own = model.model_copy(update={"runtime_inputs": [each]})
        read_inputs(own, {each.name: inputs[each.name]} if each.name in inputs else {}, problems)
        if problems.errors:
            found[each.name] = problems.errors[0].message
    return found


def workflow_of(call: Call) -> StoredWorkflow:
    """The workflow that the address names.

    Raises:
        Refused: 404.
    """
    found = find_workflow(call.context.journal, call.path["workflow"])
    if found is None:
        raise Refused(404, f'there is no workflow "{call.path["workflow"]}"')
    return found


ROUTES = (
    Route(method="GET", path="/", scope="read", answer=_list, kind="page", media="text/html", summary="The workflows"),
    Route(method="GET", path="/workflows/{workflow}", scope="read", answer=_show, kind="page", media="text/html",
          summary="A workflow"),
    Route(method="GET", path="/workflows/{workflow}/picture", scope="read", answer=_picture, kind="page",
          media="text/html", summary="The picture of its plan, with its steps"),
    Route(method="POST", path="/workflows/{workflow}/runs", scope="run", answer=_start, kind="page",
          media="text/html", summary="Start a run"),
    Route(method="POST", path="/workflows/{workflow}/off", scope="edit", answer=_off, kind="page",
          media="text/html", summary="Switch a workflow off"),
    Route(method="POST", path="/workflows/{workflow}/on", scope="edit", answer=_on, kind="page",
          media="text/html", summary="Switch a workflow on"),
    Route(method="POST", path="/workflows/{workflow}/remove", scope="edit", answer=_forget, kind="page",
          media="text/html", summary="Take a workflow out, with its files if so asked"),
)  # fmt: skip
