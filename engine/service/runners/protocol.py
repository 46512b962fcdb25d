"""What a worker and the process of a run tell each other: lines of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from engine.service.store.starts import StartStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the process is to carry out: an attempt at a run that stands among the starts."""

    tenant: str
    run_id: str
    attempt: int

    def line(self) -> str:
        return json.dumps({"job": asdict(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the attempt ended."""

    status: StartStatus
    error: str | None = None

    def line(self) -> str:
        return json.dumps({"outcome": asdict(self)})


def cancelling(reason: str) -> str:
    """The line that tells a process to stop its run."""
    return json.dumps({"cancel": reason})


def read(line: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line)
    return found
