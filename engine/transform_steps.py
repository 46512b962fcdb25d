"""The transforms of a document, one after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ir.diagnostics import Pointer, did_you_mean
from ir.model.base import Section
from ir.model.transform import Transform
from ir.references import frame_reference
from ir.structure import report_structure
from transforms.registry import TRANSFORMS

if TYPE_CHECKING:
    from engine.compiler import Compiler


def add_transform(compiler: Compiler, index: int, transform: Transform) -> None:
    at: Pointer = ("transforms", index)
    name = transform.output_variable or "data"
    kind = TRANSFORMS.get(transform.type)
    rows = compiler.input_frame(transform.input_source, at)
    step = transform.output_variable or transform.id or f"{transform.type}_{index + 1}"
    if kind is None:
        compiler.problems.error(
            "IR204",
            f'"{transform.type}" is no type of transform',
            at=(*at, "type"),
            hint=did_you_mean(transform.type, TRANSFORMS) or f"the types are {', '.join(sorted(TRANSFORMS))}",
        )
        compiler.frames[name] = None
        return
    config = _config(compiler, kind.config, transform.config, (*at, "config"))
    if config is None or rows is None:
        if transform.output_variable or config is None or rows is None:
            compiler.frames[name] = None
            _inherit_lateness(compiler, name, transform.input_source)
        return
    building = compiler.building((*at, "config"), step)
    before = len(compiler.problems.errors)
    operation = kind.build(config, rows, building)
    if operation is None:
        if building.at in compiler.first_passes:
            compiler.late[name] = f"the columns of {step} are found by a first pass"
        elif len(compiler.problems.errors) == before and compiler.late:
            compiler.late[name] = next(iter(compiler.late.values()))
        # what an error hides is not reported again by the steps below: a filter or sort keeps its columns
        same = len(compiler.problems.errors) > before and transform.type in {"filter", "sort", "limit", "format"}
        compiler.frames[name] = rows if same else None
        return
    compiler.late.pop(name, None)
    compiler.frames[name] = compiler.add(
        compiler.graph.free_name(step, _names_to_come(compiler, index)), operation, at, step, word=transform.type
    )
    if transform.output_variable:
        compiler.declared[transform.output_variable] = at
    elif transform.type == "filter":
        compiler.ends_without("no_rows_after_filter", f"{step} left no rows")


def _config(compiler: Compiler, model: type[Section], written: Mapping[str, Any], at: Pointer) -> Section | None:
    try:
        return model.model_validate(written)
    except ValidationError as error:
        report_structure(error, written, compiler.problems, model=model, below=at)
        return None


def _inherit_lateness(compiler: Compiler, name: str, input_source: str | None) -> None:
    source = frame_reference(input_source) if input_source else "data"
    if source in compiler.late:
        compiler.late[name] = compiler.late[source]


def _names_to_come(compiler: Compiler, index: int) -> set[str]:
    """Names that later steps have claimed, which an unnamed step's relation must leave free."""
    return {each.output_variable for each in compiler.workflow.transforms[index + 1 :] if each.output_variable}
