"""What a run tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ir.redaction import redact

EventKind = Literal[
    "run_started", "step_started", "rows", "step_finished", "delivery_finished", "warning", "run_finished"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at `step`; `rows` and `seconds` count from the step's start. No secret shows in it."""

    kind: EventKind
    step: str = ""
    rows: int = 0
    seconds: float = 0.0
    text: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", redact(self.text))


Progress = Callable[[Event], None]


def silent(event: Event) -> None:
    """Tells nobody."""
