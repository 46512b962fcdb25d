"""A plan to compare with: a workflow to compile, or what `plan --format json` has saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.plan_steps import PLAN_VERSION
from ir.diagnostics import Diagnostic, WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan

_STEP_KEYS = {"id", "type", "kind", "summary", "depends_on"}


def plan_to_compare(other: Plan | Mapping[str, Any] | str | Path, *, beside: Plan) -> Mapping[str, Any]:
    """`other` as `Plan.to_dict` gives it: a plan, a saved plan, or a workflow compiled as `beside` was.

    Raises:
        WorkflowError: IR340 for what was saved by another version or is no plan; what is wrong with the workflow.
    """
    from engine.plan import Plan

    if isinstance(other, Plan):
        return other.to_dict()
    shown = "the mapping" if isinstance(other, Mapping) else str(other)
    value = other if isinstance(other, Mapping) else _saved(Path(other))
    if value is None or ("plan_version" not in value and not {"steps", "frames"} <= value.keys()):
        return _compiled(other, beside).to_dict()
    return _checked(value, shown)


def _saved(file: Path) -> Mapping[str, Any] | None:
    """The JSON object in a file; None for what is none, which the loader of workflows will read."""
    try:
        text = file.read_text(encoding="utf-8")
        value = json.loads(text) if text.lstrip().startswith("{") else None
    except (OSError, ValueError):
        return None
    return value if isinstance(value, Mapping) else None


def _checked(value: Mapping[str, Any], shown: str) -> Mapping[str, Any]:
    version = value.get("plan_version")
    if not isinstance(version, str) or version.partition(".")[0] != PLAN_VERSION.partition(".")[0]:
        raise _refused(f"{shown} is a plan of version {version}; this weirflow compares version {PLAN_VERSION}")
    steps = value.get("steps")
    if not isinstance(steps, list) or not all(
        isinstance(each, Mapping) and each.keys() >= _STEP_KEYS for each in steps
    ):
        raise _refused(f"{shown} is a plan without all of its steps")
    return value


def _refused(message: str) -> WorkflowError:
    return WorkflowError([Diagnostic(
        code="IR340", message=message, hint="save it again: weirflow plan FILE --format json -o plan.json",
    )])  # fmt: skip


def _compiled(other: Any, beside: Plan) -> Plan:
    """The other workflow, with those of the inputs that it has."""
    from engine.api import compile as compile_workflow
    from ir.loading import load

    document = other if isinstance(other, Mapping) else load(Path(other)).value
    listed = document.get("runtime_inputs")
    known = {each.get("name") for each in listed if isinstance(each, Mapping)} if isinstance(listed, list) else set()
    return compile_workflow(
        other,
        inputs={name: value for name, value in beside.given_inputs.items() if name in known},
        engine=beside.asked_engine,
        now=beside.given_now,
        base=beside.base if isinstance(other, Mapping) else None,
        policy=beside.policy,
    )
