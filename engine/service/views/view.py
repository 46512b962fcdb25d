"""What all read models have in common."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Something that is shown, as it stood when somebody looked."""

    model_config = ConfigDict(frozen=True)


def parsed(text: str | None) -> dict[str, Any]:
    """A JSON object of the journal; empty where there is none."""
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def seconds_between(started_at: str | None, finished_at: str | None) -> float | None:
    """How long it took; None for what has not begun or not ended."""
    if started_at is None or finished_at is None:
        return None
    took = datetime.fromisoformat(finished_at) - datetime.fromisoformat(started_at)
    return round(took.total_seconds(), 3)
