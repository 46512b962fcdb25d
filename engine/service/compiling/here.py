"""Compiling in this process: one of those that are locked in and watched."""

from __future__ import annotations

from pathlib import Path

from engine.api import compile_document, validate_document
from engine.picture.drawing import drawn
from engine.picture.later import all_steps
from engine.picture.notebook import counts, description, engine_name
from engine.plan import Plan
from engine.service.compiling.examples import example_inputs
from engine.service.compiling.task import Pictured, Planned, Task
from engine.service.settings import ServiceSettings
from ir.diagnostics import Problems, WorkflowError
from ir.loading import loads
from ir.workflow import read_document


def compiled(task: Task, settings: ServiceSettings) -> Planned:
    """What came of it; what is wrong with the document is told by its diagnostics."""
    given, is_example = dict(task.inputs or {}), False
    base = Path(task.base)
    policy = settings.policy(base, workflow=task.workflow, others=task.others,
                             kept_files=[Path(each) for each in task.kept_files])  # fmt: skip
    try:
        document = loads(task.text, file=task.file, syntax="json" if task.syntax == "json" else "yaml")
        if task.kind == "validate":
            found = validate_document(document, inputs=given, base=base, policy=policy)
            return Planned(inputs=given, diagnostics=tuple(found))
        if task.inputs is None:
            problems = Problems(document)
            _, model = read_document(document, problems)
            problems.raise_errors()
            assert model is not None
            given = example_inputs(model)
            is_example = bool(given)
        plan = compile_document(document, inputs=given, engine=None, now=None, base=base, policy=policy)
        return Planned(plan=plan.to_dict(), picture=_pictured(plan), inputs=given, is_example=is_example,
                       diagnostics=tuple(plan.warnings))  # fmt: skip
    except WorkflowError as error:
        return Planned(inputs=given, is_example=is_example, diagnostics=tuple(error.diagnostics))


def _pictured(plan: Plan) -> Pictured:
    steps = all_steps(plan)
    links = {step.id: f"#step-{number}" for number, step in enumerate(steps, start=1)}
    found = drawn(steps, described_by=description(plan, steps), links=links)
    return Pictured(steps=tuple(steps), drawing=found, engine=engine_name(plan), engine_reason=plan.engine_reason,
                    counts=counts(steps))  # fmt: skip
