"""What a run tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ir.diagnostics import Diagnostic
from ir.records import dataclass
from ir.redaction import redact

EventKind = Literal[
    "run_started", "step_started", "rows", "retry", "step_finished", "delivery_finished", "warning", "failure",
    "run_finished",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at `step`; `rows` and `seconds` count from the step's start. No secret shows in it.

    `run_id` and `workflow` are filled in on the way to whoever listens.
    """

    kind: EventKind
    step: str = ""
    rows: int = 0
    seconds: float = 0.0
    attempt: int = 1
    """Which try at the step this is, counted from 1; a `retry` names the one that comes."""
    status: str = ""
    """How a delivery or the run ended."""
    code: str = ""
    """Of the diagnostic that a warning or a failure is."""
    place: str = ""
    """Where that stands in the document, as file:line:column."""
    text: str = ""
    run_id: str = ""
    workflow: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", redact(self.text))


Progress = Callable[[Event], None]


def silent(event: Event) -> None:
    """Tells nobody."""


def event_of(found: Diagnostic) -> Event:
    """A diagnostic as what is told of it while a run is on."""
    at = found.place
    return Event(kind="failure" if found.severity == "error" else "warning", code=found.code, text=found.message,
                 place=f"{at.file}:{at.line}:{at.column}" if at else "")  # fmt: skip
