"""Runs that go on where they stopped, and rows that a run rejected through its workflow once more."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal

from sqlalchemy import select

from engine.journal.records import instant
from engine.journal.tables import starts
from engine.run_folder import new_run_id
from engine.service.asking import URGENT, hand_over
from engine.service.context import Context
from engine.service.store.starts import Start, add_replay, find_start


def resume(context: Context, run_id: str) -> Start | Literal["under way", "over"] | None:
    """Let a run go on that failed or was cancelled: it is queued once more under its own id, and what it has delivered
    stands. None where nobody asked for such a run.

    Its attempt is counted up, so that whoever may still think that it has the run can write nothing more of it.
    """
    journal = context.journal
    stopped = (starts.c.tenant == journal.tenant) & (starts.c.run_id == run_id)
    with journal.writing() as connection:
        found = connection.execute(select(starts.c.status, starts.c.cause).where(stopped)).mappings().first()
        if found is None:
            return None
        if found["status"] in {"queued", "running"}:
            return "under way"
        if found["status"] == "done" or found["cause"] == "replay":
            return "over"
        changed = connection.execute(
            starts.update()
            .where(stopped & starts.c.status.in_(("failed", "cancelled")))
            .values(status="queued", attempt=starts.c.attempt + 1, worker=None, lease_until=None, dispatched_at=None,
                    losses=0, cancel_asked_at=None, error=None, problem=None, finished_at=None)
        )  # fmt: skip
    start = find_start(journal, run_id)
    if changed.rowcount != 1 or start is None:
        return "under way"
    hand_over(context, start)
    return start


def replay(context: Context, parent: Start, *, only: str | None, again: bool, asked_by: str,
           idempotency_key: str | None = None) -> Start | None:  # fmt: skip
    """Ask for a run that takes the dead letters of another one through its workflow, as that was then.

    None where another one waits or goes on: two at once would take the same ones.
    """
    wanted = {"run_id": parent.run_id, "only": only, "again": again}
    start = add_replay(context.journal, replace(
        parent, run_id=new_run_id(is_one_of_many=True), cause="replay", about=json.dumps({"run_id": parent.run_id}),
        options=json.dumps({"replay": wanted}), idempotency_key=idempotency_key, priority=URGENT, status="queued",
        attempt=0, worker=None, lease_until=None, losses=0, dispatched_at=None, cancel_asked_at=None, error=None,
        problem=None, asked_by=asked_by, asked_at=instant(), started_at=None, finished_at=None,
    ), parent.run_id)  # fmt: skip
    if start is not None:
        hand_over(context, start)
    return start
