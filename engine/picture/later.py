"""The steps that are compiled only after a first pass, so that the picture shows the whole way to the deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.plan_steps import Step, columns, visible_inputs
from ir.references import frame_reference

if TYPE_CHECKING:
    from engine.plan import Plan


def all_steps(plan: Plan) -> list[Step]:
    """The plan's steps, and between them and their deliveries those whose columns are not known yet."""
    steps = plan.steps
    if not plan.compiled.late:
        return steps
    late, found = _late_steps(plan, taken={step.id for step in steps})
    reads = {f"delivery:{output.id}": _read(output.delivery.input_source)
             for output in plan.compiled.outputs if output.frame is None}  # fmt: skip
    relations = [step for step in steps if step.type != "delivery"]
    deliveries = [
        replace(step, depends_on=(found[reads[step.id]],)) if reads.get(step.id, "") in found else step
        for step in steps if step.type == "delivery"
    ]  # fmt: skip
    return [*relations, *late, *deliveries]


def _late_steps(plan: Plan, *, taken: set[str]) -> tuple[list[Step], dict[str, str]]:
    """These steps, and which of them each visible name stands for in the end."""
    compiled = plan.compiled
    steps: list[Step] = []
    found: dict[str, str] = {}
    for index, transform in enumerate(compiled.workflow.transforms):
        source = _read(transform.input_source)
        name = transform.output_variable or "data"
        first_pass = compiled.first_passes.get(("transforms", index, "config"))
        others = [_read(each) for each in _sources(transform.config)]
        if first_pass is None and not {source, *others} & found.keys():
            found.pop(name, None)
            continue
        if first_pass is not None:
            reads = visible_inputs(plan, compiled.graph[first_pass.name])
        else:
            known = {each: found.get(each) or compiled.frames.get(each) for each in (source, *others)}
            reads = tuple(dict.fromkeys(each for each in known.values() if each))
        columns_in = {each: columns(compiled.graph[each].frame.schema) for each in reads if each in compiled.graph}
        step = _free(transform.output_variable or transform.id or f"{transform.type}_{index + 1}", taken)
        taken.add(step)
        found[name] = step
        steps.append(Step(id=step, type="relation", kind=transform.type, summary="", depends_on=reads,
                          columns_in=columns_in, columns_out=None))  # fmt: skip
    return steps, found


def _sources(config: Mapping[str, Any]) -> list[str]:
    """The frames that a step reads beside its input."""
    written = config.get("source"), *(config.get("sources") or ())
    return [each for each in written if isinstance(each, str)]


def _read(input_source: str | None) -> str:
    return frame_reference(input_source or "data") or ""


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
