"""A document read into the models, every problem found at its place."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ir.diagnostics import Problems
from ir.loading import Document
from ir.model.workflow import Workflow
from ir.structure import report_structure

__all__ = ["Workflow", "read_workflow"]


def read_workflow(document: Document, problems: Problems) -> Workflow | None:
    """The workflow that `document` is, or None when its structure is not one; `problems` says why.

    Everything a document alone can tell is checked: keys, shapes, words, names. What needs columns is not.
    """
    value: dict[str, Any] = document.value
    try:
        return Workflow.model_validate(value)
    except ValidationError as error:
        report_structure(error, value, problems, model=Workflow)
        return None
