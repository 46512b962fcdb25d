"""What a run tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

EventKind = Literal[
    "run_started", "step_started", "rows", "step_finished", "delivery_finished", "warning", "run_finished"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at `step`; `rows` and `seconds` count from the step's start."""

    kind: EventKind
    step: str = ""
    rows: int = 0
    seconds: float = 0.0
    text: str = ""


Progress = Callable[[Event], None]


def silent(event: Event) -> None:
    """Tells nobody."""
