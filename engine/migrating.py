"""A file of the original as a workflow, with what became of each element and whether the result can run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.api import validate
from ir.diagnostics import Diagnostic, Problems
from ir.loading import from_dict
from ir.migrating import Element, migrated, read
from ir.model.workflow import Workflow
from ir.records import dataclass
from ir.workflow import read_workflow

__all__ = ["Migrated", "migrate"]

_FILES = frozenset({"IR505", "IR506"})
"""A file that is not here: the workflow may be meant for another place, and says all it has to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """A workflow in the words of 3.1, and the account of how it came about."""

    dialect: str
    value: dict[str, Any]
    workflow: Workflow | None
    elements: Sequence[Element]
    questions: Sequence[str]
    findings: Sequence[Diagnostic]
    """What `validate` says of the new document."""

    @property
    def is_open(self) -> bool:
        """Whether somebody has to see to it before it can run."""
        return bool(self.questions) or any(
            each.severity == "error" and each.code not in _FILES for each in self.findings
        )


def migrate(file: Path) -> Migrated:
    """The workflow that the document in `file` is in the words of 3.1.

    Raises:
        WorkflowError: when the file cannot be read as a document.
    """
    found = migrated(read(file))
    document = from_dict(found.value)
    workflow = read_workflow(document, Problems(document))
    findings = validate(found.value, base=file.parent)
    return Migrated(dialect=found.dialect, value=found.value, workflow=workflow, elements=found.elements,
                    questions=found.questions, findings=findings)  # fmt: skip
