"""The replays of a run, and which of its dead letters they have taken."""

from __future__ import annotations

import json

from sqlalchemy import select

from engine.journal.journal import Journal
from engine.journal.tables import runs
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One replay that came to its end: the numbers of the letters that it took."""

    run_id: str
    letters: frozenset[int]


def replays_of(journal: Journal, run_id: str) -> list[Replay]:
    """The replays of a run that took their letters, the first one first; one that failed has taken none."""
    found = (runs.c.tenant == journal.tenant) & (runs.c.parent == run_id) & (runs.c.kind == "replay")
    taken = found & runs.c.status.in_(["succeeded", "incomplete"])
    with journal.writing() as connection:
        rows = connection.execute(select(runs.c.run_id, runs.c.options).where(taken).order_by(runs.c.started_at))
        return [Replay(run_id=name, letters=frozenset(json.loads(options).get("letters", ())))
                for name, options in rows]  # fmt: skip


def count_replays(journal: Journal, run_id: str) -> int:
    """How many replays of a run were begun."""
    found = (runs.c.tenant == journal.tenant) & (runs.c.parent == run_id)
    with journal.writing() as connection:
        return len(connection.execute(select(runs.c.run_id).where(found)).all())
