"""A document read into the models, every problem found at its place."""

from __future__ import annotations

from pydantic import ValidationError

from ir.checks import check_workflow
from ir.diagnostics import Problems
from ir.dialects import translated
from ir.loading import Document
from ir.model.workflow import Workflow
from ir.secrets import check_secrets
from ir.structure import report_structure
from ir.template_checks import check_templates

__all__ = ["Workflow", "read_document", "read_workflow"]


def read_workflow(document: Document, problems: Problems) -> Workflow | None:
    """The workflow that `document` is, or None when its structure is not one; `problems` says why."""
    return read_document(document, problems)[1]


def read_document(document: Document, problems: Problems) -> tuple[Document, Workflow | None]:
    """The document in this language's own words and the workflow that it is; None when its structure is not one.

    Everything a document alone can tell is checked: keys, shapes, words, names, references to secrets, the syntax of
    templates. What needs the columns of a frame is not. From here on `problems` counts places in the words given back.
    """
    check_secrets(document, problems)
    current = translated(document, problems)
    if current is None:
        return document, None
    problems.locator = current
    is_whole = not problems.errors
    try:
        workflow = Workflow.model_validate(current.value)
    except ValidationError as error:
        report_structure(error, current.value, problems, model=Workflow)
        return current, None
    if current is not document and not is_whole:
        # what was refused is missing, and everything that refers to it would be reported once more
        return current, None
    check_workflow(workflow, problems)
    check_templates(current.value, workflow, problems)
    return current, workflow
