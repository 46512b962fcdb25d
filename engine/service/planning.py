"""Plans for whoever looks: compiled in processes and under the policy that a run would have, few at once, and kept for
a moment."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.journal.journal import Journal
from engine.names import read_inputs
from engine.service.compiling.task import Planned, Task
from engine.service.longer_names import LongerNames
from engine.service.runners.processes import Closed
from engine.service.store.workflows import StoredWorkflow, workflow_files
from ir.diagnostics import Diagnostic, Problems
from ir.loading import loads
from ir.model.sources import WebhookSource
from ir.model.workflow import Workflow
from ir.records import dataclass
from ir.workflow import read_document

AT_ONCE = 2
WAIT_S = 20.0
WAITING = 8
"""Who comes when so many wait is told at once to come again: they hold threads that others need."""
KEPT_S = 30.0
"""So long a plan is shown as it was compiled: files may get other columns meanwhile."""
KEPT = 64


class TooManyAtOnce(Exception):
    """Others compile already, and take long."""


@dataclass(slots=True)
class Planner:
    """Has documents compiled for the threads of one process; `compiles` carries a task out, apart from them."""

    journal: Journal
    compiles: Callable[[Task], Planned]
    _names: LongerNames = field(init=False)
    _turn: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: int = 0
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
            found = self.compiles(self._task(workflow, inputs))
        with self._lock:
            self._kept[key] = (time.monotonic(), found)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def validate(self, text: str, *, file: str, syntax: str, base: Path, inputs: Mapping[str, Any]
                 ) -> list[Diagnostic]:  # fmt: skip
        """What is wrong with a document; nothing is opened but local files of the workflow's folder.

        Raises:
            TooManyAtOnce: nobody had the time.
        """
        task = Task(kind="validate", text=text, file=file, syntax=syntax, base=str(base), inputs=inputs)
        with self._taken():
            return list(self.compiles(task).diagnostics)

    def _task(self, workflow: StoredWorkflow, inputs: Mapping[str, Any] | None) -> Task:
        kept = workflow_files(self.journal, below=workflow.base)
        return Task(
            kind="plan", text=workflow.document, file=workflow.shown_file, syntax=workflow.syntax, base=workflow.base,
            inputs=inputs, workflow=workflow.workflow, others=self._names.of(workflow.workflow),
            kept_files=tuple(map(str, kept)),
        )  # fmt: skip

    @contextmanager
    def _taken(self) -> Iterator[None]:
        with self._lock:
            if self._waiting >= WAITING:
                raise TooManyAtOnce
            self._waiting += 1
        try:
            has_turn = self._turn.acquire(timeout=WAIT_S)
        finally:
            with self._lock:
                self._waiting -= 1
        if not has_turn:
            raise TooManyAtOnce
        try:
            yield
        except Closed:  # the service stops
            raise TooManyAtOnce from None
        finally:
            self._turn.release()


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
    for index, source in enumerate(model.data_sources):
        if isinstance(source, WebhookSource):
            problems.error("IR327", f'"{workflow.workflow}" is begun by requests to its webhook, whose rows it reads',
                           at=("data_sources", index),
                           hint="send one to its address; weirflow run FILE --payload FILE tries it")  # fmt: skip
    problems.raise_errors()
