"""What a tool answers: a text for the model that reads it, and the same as data for the program around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.cli.findings import as_json, count_of
from ir.diagnostics import Diagnostic, render
from ir.records import dataclass
from ir.redaction import redact, redacted


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`is_error` says that the tool did not do what it was asked for."""

    text: str
    data: dict[str, Any]
    is_error: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", redact(self.text))
        object.__setattr__(self, "data", redacted(self.data))


def refusal(found: Sequence[Diagnostic], outcome: str) -> Answer:
    """Why a tool did not do its work, each finding at its place."""
    return Answer(text=f"{findings(found)}\n{count_of(found)}; {outcome}",
                  data={"status": "failed", "diagnostics": as_json(found)}, is_error=True)  # fmt: skip


def findings(found: Sequence[Diagnostic]) -> str:
    """The findings one after the other, errors before warnings."""
    ordered = sorted(found, key=lambda one: one.severity != "error")
    return "".join(f"{render(each)}\n\n" for each in ordered).rstrip("\n")
