"""edge_cases that this version runs: what is done where rows, headers or values are missing or stand twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ir.diagnostics import Pointer
from ir.model.edge_cases import EdgeCase
from ir.model.workflow import Workflow
from ir.records import dataclass
from transforms.frame import Frame
from transforms.validation import Records

if TYPE_CHECKING:
    from engine.compiler import Compiler

RUN: dict[str, tuple[str, ...]] = {
    "no_rows_after_filter": ("skip_execution", "send_empty_result_message", "alert_admin"),
    "empty_data_source": ("skip_execution", "send_empty_result_message", "retry", "alert_admin"),
    "missing_required_field": ("use_default_value", "skip_execution", "alert_admin"),
    "missing_required_headers": ("use_default_value", "skip_execution", "alert_admin"),
    "duplicate_records": ("skip_execution", "alert_admin"),
    "rate_limit_exceeded": ("retry", "skip_execution", "alert_admin"),
    "api_error": ("retry", "use_default_value", "skip_execution", "alert_admin"),
    "no_attachments_found": ("skip_execution", "send_empty_result_message", "alert_admin"),
    "ai_extraction_failed": ("use_default_value", "skip_execution", "retry", "alert_admin"),
}
"""The pairs of condition and action that this version carries out."""
ENDING = frozenset({
    "no_rows_after_filter", "empty_data_source", "missing_required_headers", "no_attachments_found",
})  # fmt: skip
"""The conditions with which skip_execution ends the run."""
_OF_CALLS = frozenset({"api_error", "rate_limit_exceeded"})
"""The conditions of which a retry may stand beside what is done when that has not helped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A frame without which the run ends well, with nothing delivered."""

    frame: Frame
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Something that comes where `frame` has no rows, or where it has some; without a frame it has come."""

    reason: str
    frame: Frame | None
    is_without_rows: bool = True


def edge_case(workflow: Workflow, condition: str, *actions: str) -> tuple[EdgeCase, Pointer] | None:
    """What the document says to do then, of these actions, and its place."""
    for index, each in enumerate(workflow.edge_cases):
        if each.condition == condition and each.action in actions and each.action in RUN.get(condition, ()):
            return each, ("edge_cases", index)
    return None


def check_edge_cases(compiler: Compiler) -> None:
    """An error for each case that could never come, or that contradicts one before it."""
    workflow = compiler.workflow
    first: dict[tuple[str, str], int] = {}
    for index, each in enumerate(workflow.edge_cases):
        at: Pointer = ("edge_cases", index)
        if each.action not in RUN.get(each.condition, ()):
            continue
        is_beside = each.action == "alert_admin" or (each.action == "retry" and each.condition in _OF_CALLS)
        key = (each.condition, each.action if is_beside else "")
        if key in first:
            compiler.problems.error("IR206", f"two edge cases say what is done about {each.condition}", at=at,
                                    hint="keep one of them",
                                    related=[("the other one", ("edge_cases", first[key]))])  # fmt: skip
        first.setdefault(key, index)
        if (
            each.action == "alert_admin"
            and each.condition in ENDING
            and edge_case(workflow, each.condition, "skip_execution")
        ):
            compiler.problems.error("IR206", "skip_execution ends the run before anybody is told", at=at,
                                    hint="keep one of the two, or write send_empty_result_message")  # fmt: skip
        if why := _why_never(each, workflow):
            compiler.problems.error("IR206", f"{each.condition} means nothing here: {why}", at=(*at, "condition"))


def _why_never(case: EdgeCase, workflow: Workflow) -> str | None:
    condition = case.condition
    if condition in _OF_CALLS and case.action != "retry" and not workflow.plugin_operations:
        return "there is no step of plugin_operations"
    if condition == "missing_required_headers":
        asked = workflow.normalization is not None and workflow.normalization.required_headers
        return None if asked else "normalization names no required_headers"
    if condition == "ai_extraction_failed":
        extracts = any(each.type in {"extract", "deterministic_extract"} for each in workflow.ai_operations)
        return None if extracts else "nothing is extracted"
    if condition == "no_rows_after_filter":
        filtered = workflow.filters is not None or workflow.post_ai_filters is not None
        filtered = filtered or any(each.type == "filter" and not each.output_variable for each in workflow.transforms)
        return None if filtered else "nothing filters data"
    return None


def records(compiler: Compiler, primary: str | None) -> Records:
    """What the cases say of single rows; `primary` is the source whose keys tell duplicates."""
    workflow = compiler.workflow
    duplicates = edge_case(workflow, "duplicate_records", "skip_execution")
    missing = edge_case(workflow, "missing_required_field", "use_default_value", "skip_execution")
    told = edge_case(workflow, "missing_required_field", "alert_admin")
    keys = record_keys(compiler, primary)
    return Records(
        duplicates=duplicates[1] if duplicates else None, keys=keys,
        missing=missing[1] if missing else told[1] if told else None,
        default=missing[0].default_value if missing else None, keeps_missing=missing is None and told is not None,
    )  # fmt: skip


def record_keys(compiler: Compiler, primary: str | None) -> tuple[str, ...]:
    """The columns by which records are told apart; none where all of them do."""
    if primary is None:
        return ()
    config = getattr(compiler.workflow.data_sources[int(compiler.declared[primary][1])], "config", None)
    single = getattr(config, "identifier_field", None)
    return (single,) if single else tuple(getattr(config, "identifier_fields", None) or ())


def later(workflow: Workflow) -> Iterator[tuple[Pointer, str]]:
    """The place of each case that this version cannot run yet, and the words for it."""
    for index, each in enumerate(workflow.edge_cases):
        able = RUN.get(each.condition)
        if able is None:
            yield ("edge_cases", index, "condition"), f"edge case {each.condition}"
        elif each.action not in able:
            yield ("edge_cases", index, "action"), f"{each.action} of an edge case"
