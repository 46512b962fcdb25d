"""The workflows of a service."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.journal.journal import Journal
from engine.service.compiling.task import Planned
from engine.service.planning import Planner, model_of
from engine.service.store.switches import SwitchedOff, switched_off
from engine.service.store.workflows import StoredWorkflow, list_workflows
from engine.service.views.hooks import HookView, hooks_by_workflow
from engine.service.views.run_rows import RunRow, last_runs
from engine.service.views.schedules import ScheduleView, schedules_by_workflow
from engine.service.views.view import View
from ir.diagnostics import WorkflowError


class WorkflowRow(View):
    """One workflow in a list."""

    name: str
    goal: str
    version: int = Field(description="Counts its changes.")
    enabled: bool = Field(description="Whether runs of it begin: false once somebody has switched it off.")
    off_by: str | None = Field(description="Who has switched it off.")
    off_since: str | None = Field(description="When that was.")
    file: str | None = Field(description="Where the service reads it from; null where it was put by the API.")
    changed_by: str
    created_at: str
    changed_at: str
    schedule: ScheduleView | None
    hook: HookView | None
    last_run: RunRow | None


class InputView(View):
    """An input that whoever starts a run gives."""

    name: str
    type: str
    label: str | None
    required: bool
    placeholder: str | None
    options: list[Any] | None
    default_value: Any


class WorkflowView(WorkflowRow):
    """All that is shown of one workflow; its plan is a view of its own."""

    document: str
    syntax: str
    inputs: list[InputView]


class PlanView(View):
    """What a workflow will do."""

    plan: dict[str, Any] | None = Field(
        description="As `weirflow plan --format json` prints it: steps with their columns, statements, engine."
    )
    inputs: dict[str, Any] = Field(description="What it was compiled with.")
    is_example: bool = Field(description="Whether values were thought up for inputs that a run must be given.")
    diagnostics: list[dict[str, Any]] = Field(description="Errors, where there is no plan; else warnings.")


def workflow_rows(journal: Journal) -> list[WorkflowRow]:
    """The workflows by their names."""
    latest, schedules, hooks = last_runs(journal), schedules_by_workflow(journal), hooks_by_workflow(journal)
    off = switched_off(journal)
    return [
        WorkflowRow(**_facts(each, off.get(each.workflow)), schedule=schedules.get(each.workflow),
                    hook=hooks.get(each.workflow), last_run=latest.get(each.workflow))
        for each in list_workflows(journal)
    ]  # fmt: skip


def workflow_view(journal: Journal, workflow: StoredWorkflow) -> WorkflowView:
    """One workflow."""
    name = workflow.workflow
    return WorkflowView(
        **_facts(workflow, switched_off(journal).get(name)), schedule=schedules_by_workflow(journal, name).get(name),
        hook=hooks_by_workflow(journal, name).get(name), last_run=last_runs(journal, name).get(name),
        document=workflow.document, syntax=workflow.syntax, inputs=inputs_of(workflow),
    )  # fmt: skip


def inputs_of(workflow: StoredWorkflow) -> list[InputView]:
    """What a run of it may or must be given; none where this version does not understand the workflow."""
    try:
        model = model_of(workflow)
    except WorkflowError:
        return []
    return [
        InputView(name=each.name, type=each.type, label=each.label, required=each.required,
                  placeholder=each.placeholder, options=each.options, default_value=each.default_value)
        for each in model.runtime_inputs
    ]  # fmt: skip


def plan_view(planner: Planner, workflow: StoredWorkflow, inputs: dict[str, Any] | None = None) -> PlanView:
    """The plan with these inputs; without any, with examples for those that a run must be given.

    Raises:
        TooManyAtOnce: others compile already.
    """
    return shown(planner.plan(workflow, inputs))


def shown(planned: Planned) -> PlanView:
    return PlanView(
        plan=None if planned.plan is None else dict(planned.plan), inputs=dict(planned.inputs),
        is_example=planned.is_example,
        diagnostics=[each.as_json() for each in planned.diagnostics],
    )  # fmt: skip


def _facts(each: StoredWorkflow, off: SwitchedOff | None) -> dict[str, Any]:
    return {"name": each.workflow, "goal": each.goal, "version": each.version, "enabled": each.enabled,
            "off_by": off and off.changed_by, "off_since": off and off.changed_at,
            "file": each.file, "changed_by": each.changed_by, "created_at": each.created_at,
            "changed_at": each.changed_at}  # fmt: skip
