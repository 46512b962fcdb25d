"""How far a fetch came, in a file beside the rows: a run that is gone on with reads it there, and fetches nothing."""

from __future__ import annotations

import json
from pathlib import Path

from engine.increments.increments import Increment
from engine.increments.values import read, written
from engine.plugin_sources.newer import NewItems


def note_reached(rows: Path, newer: NewItems) -> None:
    """Write down how far the fetch came whose rows go into a file.

    Raises:
        ConnectorProblem: IR597 where more would have to be remembered than may be.
    """
    came_to = newer.reached()
    told = None if came_to is None else written(newer.increment.kind, came_to)
    _beside(rows).write_text(json.dumps({"reached": told, "nulls": newer.nulls}), encoding="utf-8")


def take_reached(rows: Path, increment: Increment) -> None:
    """Let the source know how far the fetch came that has left these rows."""
    found = json.loads(_beside(rows).read_text(encoding="utf-8"))
    told = found["reached"]
    increment.files = None if told is None else read(increment.kind, told)
    increment.nulls = found["nulls"]


def _beside(rows: Path) -> Path:
    return rows.with_suffix(".reached.json")
