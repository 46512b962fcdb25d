"""A document as its text, and the limits of what is read of one."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from ir.records import dataclass

Kind = Literal["pdf", "docx", "xlsx", "html", "mail", "csv", "text", "image"]
Ocr = Literal["never", "if_needed"]
"""Whether pictures and pages without a text layer are recognised: not at all, or where there is no other text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one document may cost. What is more is refused, but for text and pages: those are cut, with a note."""

    max_bytes: int = 50 * 1024 * 1024
    max_unpacked_bytes: int = 256 * 1024 * 1024
    max_memory_bytes: int = 4 * 1024**3
    """Of the process that reads, libraries included; kept where the system can."""
    max_characters: int = 1_000_000
    max_pages: int = 500
    max_recognised_pages: int = 20
    max_parts: int = 100
    max_depth: int = 3
    """Mails in mails."""
    max_s: float = 60
    max_recognising_s: float = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a document says.

    A line of a table has its cells apart by tabs; a line of a page has its columns where they stand, two blanks and
    more apart.
    """

    name: str
    kind: Kind
    text: str
    pages: int = 1
    """Pages of a PDF, sheets of a workbook."""
    is_recognised: bool = False
    """Whether letters were recognised in pictures, with the errors that has."""
    is_cut: bool = False
    """Whether there was more than the limits allow."""
    notes: tuple[str, ...] = ()
    """What was left out, a sentence each."""
    parts: tuple[Document, ...] = field(default=())
    """Attachments of a mail whose text could be read."""

    @property
    def whole_text(self) -> str:
        """Its own text and that of its attachments, each under its name."""
        return "\n\n".join([self.text, *(f"[{each.name}]\n{each.whole_text}" for each in self.parts)])

    def to_json(self) -> dict[str, Any]:
        """As it goes between processes."""
        return {"name": self.name, "kind": self.kind, "text": self.text, "pages": self.pages,
                "is_recognised": self.is_recognised, "is_cut": self.is_cut, "notes": list(self.notes),
                "parts": [each.to_json() for each in self.parts]}  # fmt: skip

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Document:
        parts = tuple(cls.from_json(each) for each in value["parts"])
        return cls(**{**value, "notes": tuple(value["notes"]), "parts": parts})
