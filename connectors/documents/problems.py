"""Why a document has no text."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.problem import ConnectorProblem

KINDS = "PDF, DOCX, XLSX, HTML, EML, CSV and plain text"


def not_read(name: str, what: str, *, hint: str | None = None) -> ConnectorProblem:
    """A kind of file that has no reader."""
    return ConnectorProblem("IR780", f"{name} is {what}, whose text is not read",
                            hint=hint or f"what is read: {KINDS}")  # fmt: skip


def damaged(name: str, what: str, *, hint: str | None = None, notes: Iterable[str] = ()) -> ConnectorProblem:
    """A file that is not what it says, is cut short, or is locked."""
    return ConnectorProblem("IR781", f"{name} {what}", notes=notes,
                            hint=hint or "open it in the program it comes from and save it again")  # fmt: skip


def too_much(name: str, what: str) -> ConnectorProblem:
    """A file that would cost more than one document may."""
    return ConnectorProblem("IR782", f"{name} {what}", hint="a document like this is often meant to do harm; "
                            "if you trust it, save it smaller or as plain text")  # fmt: skip


def no_text(name: str, what: str, *, hint: str) -> ConnectorProblem:
    """A picture, or pages that are pictures."""
    return ConnectorProblem("IR783", f"{name} {what}", hint=hint)
