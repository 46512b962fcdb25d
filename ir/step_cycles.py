"""Steps that wait for each other, by what they read and what they say they depend on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from itertools import pairwise
from typing import Any

from ir.diagnostics import Pointer, Problems
from ir.model.workflow import Workflow
from ir.names import delivery_rules_of
from ir.records import dataclass
from ir.references import frame_reference


@dataclass(slots=True)
class _Step:
    """A step and the steps it waits for: {step: where that is written}."""

    label: str
    at: Pointer
    waits_for: dict[str, Pointer] = field(default_factory=dict)


def check_cycles(workflow: Workflow, problems: Problems) -> None:
    """No step waits for itself, directly or over others; a cycle is drawn as `a -> b -> a`."""
    steps = {step.label: step for step in _steps(workflow)}
    done: set[str] = set()
    for label in steps:
        cycle = _cycle(label, steps, done, [])
        at = _written(cycle, steps) if cycle else ()
        # a transform that reads a frame made further down has its own error
        if cycle and ("depends_on" in at or at[:1] != ("transforms",)):
            problems.error("IR307", f"steps that wait for each other: {' -> '.join(cycle)}", at=at,
                           hint="take one of them out of depends_on" if "depends_on" in at else None)  # fmt: skip


def _cycle(label: str, steps: dict[str, _Step], done: set[str], path: list[str]) -> list[str] | None:
    if label in path:
        return [*path[path.index(label) :], label]
    if label in done or label not in steps:
        return None
    for each in steps[label].waits_for:
        cycle = _cycle(each, steps, done, [*path, label])
        if cycle:
            done.update(cycle)
            return cycle
    done.add(label)
    return None


def _written(cycle: list[str], steps: dict[str, _Step]) -> Pointer:
    """The entry of depends_on that closes the cycle, else the first reference in it."""
    places = [steps[one].waits_for[other] for one, other in pairwise(cycle)]
    return next((at for at in places if "depends_on" in at), places[0])


def _steps(workflow: Workflow) -> Iterator[_Step]:
    """Every step that can be waited for, under its id; transforms that have none under a name no id can have."""
    labels = _labels(workflow)
    data: str | None = None
    for index, transform in enumerate(workflow.transforms):
        at: Pointer = ("transforms", index)
        step = _Step(transform.id or transform.output_variable or f"transforms[{index}]", at)
        if transform.input_source is not None:
            _add(step, transform.input_source, (*at, "input_source"), labels)
        elif data is not None:
            step.waits_for[data] = at
        _add_all(step, transform.depends_on, at, labels)
        yield step
        if not transform.output_variable:
            data = step.label
    for stage in ("ai_operations", "plugin_operations"):
        for index, operation in enumerate(getattr(workflow, stage)):
            at = (stage, index)
            name = operation.id or getattr(operation, "output_variable", None) or f"{stage}[{index}]"
            step = _Step(name, at)
            if getattr(operation, "input_source", None):
                _add(step, operation.input_source, (*at, "input_source"), labels)
            _add_all(step, operation.depends_on, at, labels)
            yield step
    for rules, place in delivery_rules_of(workflow):
        for key in ("multiple_destinations", "database_delivery", "file_delivery"):
            for index, delivery in enumerate(getattr(rules, key)):
                if delivery.id:
                    step = _Step(delivery.id, (*place, key, index))
                    _add_all(step, delivery.depends_on, step.at, labels)
                    yield step


def _labels(workflow: Workflow) -> dict[str, str]:
    """The label of the step that each output_variable belongs to."""
    steps: list[Any] = [*workflow.transforms, *workflow.ai_operations, *workflow.plugin_operations]
    return {each.output_variable: each.id or each.output_variable for each in steps if each.output_variable}


def _add(step: _Step, reference: str, at: Pointer, labels: dict[str, str]) -> None:
    name = frame_reference(reference)
    if name is not None and name != "data":
        step.waits_for.setdefault(labels.get(name, name), at)


def _add_all(step: _Step, names: list[str] | None, at: Pointer, labels: dict[str, str]) -> None:
    for index, name in enumerate(names or ()):
        step.waits_for.setdefault(labels.get(name, name), (*at, "depends_on", index))
