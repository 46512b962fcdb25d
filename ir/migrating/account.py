"""What became of each element of a document: kept, changed or refused, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any, Literal

from ir.diagnostics import Pointer
from ir.records import dataclass

Verdict = Literal["kept", "changed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of the document that was read, and what stands for it now."""

    at: Pointer
    name: str
    """As people call it: a node's id, a step's, or the key under which it stands."""
    verdict: Verdict
    now: str = ""
    """Where the new document says it; empty for what is not in it."""
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """The element for tools."""
        pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in self.at)
        found = {"element": self.name, "pointer": pointer, "verdict": self.verdict, "now": self.now, "why": self.why}
        return {key: each for key, each in found.items() if each or key not in ("now", "why")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A document in the words of 3.1, and the account of how it came about."""

    dialect: str
    """What was read, in words."""
    value: dict[str, Any]
    elements: Sequence[Element]
    questions: Sequence[str]
    """What is open: the same sentences stand in the document's clarifications_required."""


@dataclass(slots=True)
class Account:
    """Collects what is said while a document is written in other words."""

    elements: list[Element] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    """What was refused, as it was written: the new document keeps it under x-refused."""

    def kept(self, at: Pointer, name: str, now: str, why: str = "") -> None:
        """The element stands in the new document and means the same."""
        self.elements.append(Element(at=at, name=name, verdict="kept", now=now, why=why))

    def changed(self, at: Pointer, name: str, now: str, why: str) -> None:
        """The element is said in other words, or is left out because nothing ever came of it."""
        self.elements.append(Element(at=at, name=name, verdict="changed", now=now, why=why))

    def refused(self, at: Pointer, name: str, why: str, question: str, was: Any = None) -> None:
        """The element has no words here; the question stands in the new document, and so does what was written."""
        self.elements.append(Element(at=at, name=name, verdict="refused", now="clarifications_required", why=why))
        self.ask(f"{name}: {why}; {question}")
        if was is not None:
            self.left.append({"element": name, "why": why, "was": was})

    def ask(self, question: str) -> None:
        """One more question that somebody has to answer, unless it has been asked."""
        if question not in self.questions:
            self.questions.append(question)
