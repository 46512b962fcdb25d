"""edge_cases that this version runs: what is done where rows, headers or values are missing or stand twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ir.diagnostics import Pointer
from ir.model.edge_cases import EdgeCase
from ir.model.workflow import Workflow
from transforms.frame import Frame
from transforms.validation import Records

if TYPE_CHECKING:
    from engine.compiler import Compiler

RUN: dict[str, tuple[str, ...]] = {
    "no_rows_after_filter": ("skip_execution",),
    "empty_data_source": ("skip_execution",),
    "missing_required_field": ("use_default_value", "skip_execution"),
    "missing_required_headers": ("use_default_value", "skip_execution"),
    "duplicate_records": ("skip_execution",),
}
"""The pairs of condition and action that are done without sending a message or asking a service again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A frame without which the run ends well, with nothing delivered."""

    frame: Frame
    reason: str


def edge_case(workflow: Workflow, condition: str) -> tuple[EdgeCase, Pointer] | None:
    """What the document says to do then, and its place."""
    for index, each in enumerate(workflow.edge_cases):
        if each.condition == condition and each.action in RUN.get(condition, ()):
            return each, ("edge_cases", index)
    return None


def check_edge_cases(compiler: Compiler) -> None:
    """An error for each case that could never come, or that contradicts one before it."""
    workflow = compiler.workflow
    first: dict[str, int] = {}
    for index, each in enumerate(workflow.edge_cases):
        at: Pointer = ("edge_cases", index)
        if each.action not in RUN.get(each.condition, ()):
            continue
        if each.condition in first:
            compiler.problems.error("IR206", f"two edge cases say what is done about {each.condition}", at=at,
                                    hint="keep one of them",
                                    related=[("the other one", ("edge_cases", first[each.condition]))])  # fmt: skip
        first.setdefault(each.condition, index)
        if why := _why_never(each.condition, workflow):
            compiler.problems.error("IR206", f"{each.condition} means nothing here: {why}", at=(*at, "condition"))


def _why_never(condition: str, workflow: Workflow) -> str | None:
    if condition == "missing_required_headers":
        asked = workflow.normalization is not None and workflow.normalization.required_headers
        return None if asked else "normalization names no required_headers"
    if condition == "no_rows_after_filter":
        filtered = workflow.filters is not None or workflow.post_ai_filters is not None
        filtered = filtered or any(each.type == "filter" and not each.output_variable for each in workflow.transforms)
        return None if filtered else "nothing filters data"
    return None


def records(compiler: Compiler, primary: str | None) -> Records:
    """What the cases say of single rows; `primary` is the source whose keys tell duplicates."""
    workflow = compiler.workflow
    duplicates = edge_case(workflow, "duplicate_records")
    missing = edge_case(workflow, "missing_required_field")
    keys: tuple[str, ...] = ()
    if duplicates is not None and primary is not None:
        config = getattr(workflow.data_sources[int(compiler.declared[primary][1])], "config", None)
        single = getattr(config, "identifier_field", None)
        keys = (single,) if single else tuple(getattr(config, "identifier_fields", None) or ())
    return Records(
        duplicates=duplicates[1] if duplicates else None, keys=keys, missing=missing[1] if missing else None,
        default=missing[0].default_value if missing else None,
    )  # fmt: skip


def later(workflow: Workflow) -> Iterator[tuple[Pointer, str]]:
    """The place of each case that this version cannot run yet, and the words for it."""
    for index, each in enumerate(workflow.edge_cases):
        able = RUN.get(each.condition)
        if able is None:
            yield ("edge_cases", index, "condition"), f"edge case {each.condition}"
        elif each.action not in able:
            yield ("edge_cases", index, "action"), f"{each.action} of an edge case"
