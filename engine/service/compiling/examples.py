"""Values for inputs that a run must be given, where a plan is shown without any."""

from __future__ import annotations

from datetime import date
from typing import Any

from ir.model.settings import RuntimeInput
from ir.model.workflow import Workflow


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
