"""The workflows of the service."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from engine.service.putting import Conflict, findings, forget, put
from engine.service.store.switches import switch
from engine.service.store.workflows import StoredWorkflow, find_workflow
from engine.service.views.view import View
from engine.service.views.workflows import (
    PlanView,
    WorkflowRow,
    WorkflowView,
    plan_view,
    workflow_rows,
    workflow_view,
)
from engine.service.web.queries import Text
from engine.service.web.routes import Call, Refused, Route, as_json
from ir.model.words import SLUG_PATTERN

MOST_BYTES = 2_000_000
"""Of a workflow's text."""
MOST_NAME = 100


class BrokenFile(View):
    """A file of the service's folder that is no workflow, though it looks like one."""

    file: str
    diagnostics: list[dict[str, Any]]


class WorkflowList(View):
    """The workflows by their names."""

    workflows: list[WorkflowRow]
    broken: list[BrokenFile] = Field(description="Files that say they are workflows, and what is wrong with them.")


class WorkflowPut(View):
    """A workflow that was stored."""

    workflow: WorkflowView
    warnings: list[dict[str, Any]]


class Findings(View):
    """What is wrong with a workflow."""

    is_valid: bool = Field(description="Whether it has no error.")
    diagnostics: list[dict[str, Any]] = Field(description="Errors and warnings, each at its place.")


class PlanWanted(BaseModel):
    """The plan for these inputs."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, Any] = Field(default_factory=dict, description="The runtime inputs.")


class ValidationAsked(BaseModel):
    """Under which name it is checked."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field("workflow", pattern=SLUG_PATTERN, description="The name that it would have.")


class RemovalAsked(BaseModel):
    """What becomes of the files in the folder of the workflow."""

    model_config = ConfigDict(extra="forbid")

    files: Literal["keep", "remove"] = Field(
        "keep", description="remove: all files in its folder go too, those that its runs delivered there among them."
    )


class WorkflowRemoved(View):
    """A workflow that was taken out."""

    workflow: str
    files: list[str] = Field(description="Those that still lie in its folder, for a workflow of that name.")
    bytes: int = Field(description="Of these.")
    files_removed: int


def workflow_of(call: Call, name: str) -> StoredWorkflow:
    """The workflow of that name.

    Raises:
        Refused: 404.
    """
    found = find_workflow(call.context.journal, name)
    if found is None:
        raise Refused(404, f'there is no workflow "{name}"')
    return found


def shown_to(call: Call, view: WorkflowView) -> WorkflowView:
    """Without the path of its webhook for a key that may not edit: whoever knows it may send events there."""
    if view.hook is None or (call.key is not None and call.key.may("edit")):
        return view
    return view.model_copy(update={"hook": view.hook.without_path()})


def _list(call: Call) -> Response:
    may_edit = call.key is not None and call.key.may("edit")
    rows = [
        each if each.hook is None or may_edit else each.model_copy(update={"hook": each.hook.without_path()})
        for each in workflow_rows(call.context.journal)
    ]
    broken = [BrokenFile(file=file, diagnostics=[each.as_json() for each in found])
              for file, found in sorted(call.context.broken.items())]  # fmt: skip
    return as_json(WorkflowList(workflows=rows, broken=broken))


def _show(call: Call) -> Response:
    found = workflow_of(call, call.path["name"])
    answer = as_json(shown_to(call, workflow_view(call.context.journal, found)))
    answer.headers["ETag"] = f'"{found.version}"'
    return answer


def _put(call: Call) -> Response:
    name = call.path["name"]
    if not re.fullmatch(SLUG_PATTERN, name) or len(name) > MOST_NAME:
        raise Refused(422, "the name of a workflow has lower case letters, digits, - and _",
                      hint=f"at most {MOST_NAME}, the first one a letter or digit")  # fmt: skip
    headers = call.request.headers
    try:
        stored = put(call.context, name, _text(call), syntax=_syntax(call), changed_by=call.who,
                     only_version=_version(headers.get("if-match")),
                     only_new=headers.get("if-none-match") == "*")  # fmt: skip
    except Conflict as conflict:
        is_condition = "if-match" in headers or "if-none-match" in headers
        raise Refused(412 if is_condition else 409, str(conflict)) from None
    view = shown_to(call, workflow_view(call.context.journal, stored.workflow))
    answer = as_json(WorkflowPut(workflow=view, warnings=[each.as_json() for each in stored.warnings]),
                     201 if stored.is_new else 200)  # fmt: skip
    answer.headers["ETag"] = f'"{stored.workflow.version}"'
    return answer


def _forget(call: Call) -> Response:
    wanted: RemovalAsked = call.asked
    return as_json(removed(call, call.path["name"], with_files=wanted.files == "remove"))


def removed(call: Call, name: str, *, with_files: bool) -> WorkflowRemoved:
    """What became of the workflow and its files.

    Raises:
        Refused: 404, 409 where it has to stay.
    """
    try:
        gone = forget(call.context, name, with_files=with_files) if re.fullmatch(SLUG_PATTERN, name) else None
    except Conflict as conflict:
        raise Refused(409, str(conflict)) from None
    if gone is None:
        raise Refused(404, f'there is no workflow "{name}"')
    return WorkflowRemoved(workflow=name, files=[each.path for each in gone.left],
                           bytes=sum(each.bytes for each in gone.left), files_removed=gone.removed)  # fmt: skip


def _on(call: Call) -> Response:
    return as_json(switched(call, call.path["name"], is_on=True))


def _off(call: Call) -> Response:
    return as_json(switched(call, call.path["name"], is_on=False))


def switched(call: Call, name: str, *, is_on: bool) -> WorkflowView:
    """The workflow once it is on or off.

    Raises:
        Refused: 404.
    """
    switch(call.context.journal, name, is_on=is_on, by=call.who)
    return shown_to(call, workflow_view(call.context.journal, workflow_of(call, name)))


def _validate(call: Call) -> Response:
    name: str = call.asked.name
    found = findings(call.context, name, _text(call), syntax=_syntax(call))
    is_valid = all(each.severity != "error" for each in found)
    return as_json(Findings(is_valid=is_valid, diagnostics=[each.as_json() for each in found]))


def _plan(call: Call) -> Response:
    return as_json(plan_view(call.context.planner, workflow_of(call, call.path["name"])))


def _plan_with(call: Call) -> Response:
    wanted: PlanWanted = call.taken
    return as_json(plan_view(call.context.planner, workflow_of(call, call.path["name"]), wanted.inputs))


def _text(call: Call) -> str:
    if len(call.body) > MOST_BYTES:
        raise Refused(413, f"a workflow has at most {MOST_BYTES} bytes")
    try:
        return call.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(422, "the workflow is no text in UTF-8") from None


def _syntax(call: Call) -> str:
    """By the content type: JSON where it says so, else YAML."""
    return "json" if "json" in call.request.headers.get("content-type", "").lower() else "yaml"


def _version(condition: str | None) -> int | None:
    if condition is None:
        return None
    found = re.fullmatch(r'"?(\d{1,9})"?', condition.strip())
    if found is None:
        raise Refused(422, "If-Match is the ETag of the workflow, which is its version")
    return int(found[1])


ROUTES = (
    Route(method="GET", path="/api/workflows", scope="read", answer=_list, summary="The workflows",
          gives=WorkflowList),
    Route(method="POST", path="/api/workflows/validate", scope="edit", answer=_validate, asks=ValidationAsked,
          summary="What is wrong with a workflow; nothing is stored", takes_document=True, gives=Findings),
    Route(method="GET", path="/api/workflows/{name}", scope="read", answer=_show, summary="A workflow",
          gives=WorkflowView),
    Route(method="PUT", path="/api/workflows/{name}", scope="edit", answer=_put, takes_document=True,
          summary="Store a workflow, in place of the one of that name", gives=WorkflowPut),
    Route(method="DELETE", path="/api/workflows/{name}", scope="edit", answer=_forget, asks=RemovalAsked,
          gives=WorkflowRemoved, summary="Take a workflow out, with its files if so asked; what it ran stays"),
    Route(method="POST", path="/api/workflows/{name}/off", scope="edit", answer=_off, gives=WorkflowView,
          summary="Switch a workflow off: nothing begins a run of it any more"),
    Route(method="POST", path="/api/workflows/{name}/on", scope="edit", answer=_on, gives=WorkflowView,
          summary="Switch a workflow on again"),
    Route(method="GET", path="/api/workflows/{name}/plan", scope="read", answer=_plan, gives=PlanView,
          summary="What a workflow will do, with examples for the inputs that it must be given"),
    Route(method="POST", path="/api/workflows/{name}/plan", scope="run", answer=_plan_with, takes=PlanWanted,
          summary="What a workflow will do with these inputs", gives=PlanView),
)  # fmt: skip
