"""A document read into the models, every problem found at its place."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ir.checks import check_workflow
from ir.diagnostics import Problems
from ir.dialects import in_current_words, is_readable
from ir.loading import Document
from ir.model.workflow import Workflow
from ir.secrets import check_secrets
from ir.structure import report_structure
from ir.template_checks import check_templates

__all__ = ["Workflow", "read_workflow"]


def read_workflow(document: Document, problems: Problems) -> Workflow | None:
    """The workflow that `document` is, or None when its structure is not one; `problems` says why.

    Everything a document alone can tell is checked: keys, shapes, words, names, references to secrets, the syntax of
    templates. What needs the columns of a frame is not.
    """
    check_secrets(document, problems)
    if not is_readable(document.value, problems):
        return None
    value: dict[str, Any] = in_current_words(document.value, problems)
    try:
        workflow = Workflow.model_validate(value)
    except ValidationError as error:
        report_structure(error, value, problems, model=Workflow)
        return None
    check_workflow(workflow, problems)
    check_templates(document.value, workflow, problems)
    return workflow
