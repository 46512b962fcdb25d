"""Plans for whoever looks: compiled under the policy that a run would have, few at once, and kept for a moment."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from connectors.policy import Policy
from engine.api import compile_document, validate_document
from engine.journal.journal import Journal
from engine.names import read_inputs
from engine.picture.drawing import Drawing, drawn
from engine.picture.later import all_steps
from engine.picture.notebook import counts, description, engine_name
from engine.plan import Plan
from engine.plan_steps import Step
from engine.service.longer_names import LongerNames
from engine.service.settings import ServiceSettings
from engine.service.store.workflows import StoredWorkflow, workflow_files
from ir.diagnostics import Diagnostic, Problems, WorkflowError
from ir.document import Document
from ir.loading import loads
from ir.model.settings import RuntimeInput
from ir.model.workflow import Workflow
from ir.workflow import read_document

AT_ONCE = 2
WAIT_S = 20.0
KEPT_S = 30.0
"""So long a plan is shown as it was compiled: files may get other columns meanwhile."""
KEPT = 64


class TooManyAtOnce(Exception):
    """Others compile already, and take long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """What a page shows of a plan: its steps, and their drawing, whose boxes lead to `#step-1` and so on."""

    steps: tuple[Step, ...]
    drawing: Drawing
    engine: str
    engine_reason: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan as it is shown. `plan` is what `weirflow plan --format json` prints; None where there are errors."""

    plan: Mapping[str, Any] | None
    picture: Pictured | None
    inputs: Mapping[str, Any]
    """What it was compiled with."""
    is_example: bool
    """Whether values had to be thought up for inputs that a run must be given."""
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class Planner:
    """Compiles for the threads of one process."""

    settings: ServiceSettings
    journal: Journal
    _names: LongerNames = field(init=False)
    _turn: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: OrderedDict[tuple[str, ...], tuple[float, Planned]] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._names = LongerNames(self.journal)

    def plan(self, workflow: StoredWorkflow, inputs: Mapping[str, Any] | None = None) -> Planned:
        """The plan of a workflow with these inputs; without any, with examples for those that it must have.

        Raises:
            TooManyAtOnce: nobody had the time.
        """
        key = (workflow.workflow, workflow.document_sha256, workflow.base, json.dumps(inputs, sort_keys=True))
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and time.monotonic() - kept[0] < KEPT_S:
            return kept[1]
        with self._taken():
            found = self._compiled(workflow, inputs)
        with self._lock:
            self._kept[key] = (time.monotonic(), found)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def validate(self, document: Document, *, base: Path, inputs: Mapping[str, Any]) -> list[Diagnostic]:
        """What is wrong with a document; nothing is opened but local files of the workflow's folder.

        Raises:
            TooManyAtOnce: nobody had the time.
        """
        with self._taken():
            return validate_document(document, inputs=inputs, base=base, policy=self.settings.policy(base))

    def _compiled(self, workflow: StoredWorkflow, inputs: Mapping[str, Any] | None) -> Planned:
        base, given, is_example = Path(workflow.base), dict(inputs or {}), False
        try:
            document = workflow.loaded()
            if inputs is None:
                given = example_inputs(model_of(workflow))
                is_example = bool(given)
            plan = compile_document(document, inputs=given, engine=None, now=None, base=base,
                                    policy=self._policy(workflow))  # fmt: skip
            return Planned(plan=plan.to_dict(), picture=_pictured(plan), inputs=given, is_example=is_example,
                           diagnostics=tuple(plan.warnings))  # fmt: skip
        except WorkflowError as error:
            return Planned(plan=None, picture=None, inputs=given, is_example=is_example,
                           diagnostics=tuple(error.diagnostics))  # fmt: skip

    def _policy(self, workflow: StoredWorkflow) -> Policy:
        """That of its runs."""
        return self.settings.policy(
            Path(workflow.base), workflow=workflow.workflow, others=self._names.of(workflow.workflow),
            kept_files=workflow_files(self.journal, below=workflow.base),
        )  # fmt: skip

    @contextmanager
    def _taken(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=WAIT_S):
            raise TooManyAtOnce
        try:
            yield
        finally:
            self._turn.release()


def _pictured(plan: Plan) -> Pictured:
    steps = all_steps(plan)
    links = {step.id: f"#step-{number}" for number, step in enumerate(steps, start=1)}
    found = drawn(steps, described_by=description(plan, steps), links=links)
    return Pictured(steps=tuple(steps), drawing=found, engine=engine_name(plan), engine_reason=plan.engine_reason,
                    counts=counts(steps))  # fmt: skip


def model_of(workflow: StoredWorkflow) -> Workflow:
    """What a stored workflow says.

    Raises:
        WorkflowError: it is none any more, by this version.
    """
    return _model(workflow.document, workflow.shown_file, workflow.syntax)


@lru_cache(maxsize=256)
def _model(text: str, file: str, syntax: str) -> Workflow:
    document = loads(text, file=file, syntax="json" if syntax == "json" else "yaml")
    problems = Problems(document)
    _, model = read_document(document, problems)
    problems.raise_errors()
    assert model is not None
    return model


def check_start(workflow: StoredWorkflow, inputs: Mapping[str, Any]) -> None:
    """Refuse a run that could not begin: with inputs that it has not, or without those that it needs.

    Raises:
        WorkflowError: with every problem found.
    """
    model, document = model_of(workflow), workflow.loaded()
    problems = Problems(document)
    read_inputs(model, inputs, problems)
    for index, question in enumerate(model.clarifications_required):
        problems.error("IR323", f"a question is still open: {question}", at=("clarifications_required", index),
                       hint="answer it in the workflow and remove it from the list")  # fmt: skip
    problems.raise_errors()


def example_inputs(workflow: Workflow) -> dict[str, Any]:
    """A value for each input that a run must be given and has no default."""
    return {each.name: _example(each) for each in workflow.runtime_inputs
            if each.required and each.default_value is None}  # fmt: skip


def _example(wanted: RuntimeInput) -> Any:
    match wanted.type:
        case "number":
            return 1
        case "date":
            return date.today().isoformat()
        case "email":
            return "someone@example.com"
        case "select":
            return (wanted.options or [""])[0]
        case "text":
            return wanted.placeholder or wanted.name
