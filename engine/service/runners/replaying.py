"""A replay under a service: a run for each source or step that had rejected rows, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from connectors.policy import Policy
from engine.events import Progress
from engine.journal.journal import Journal
from engine.journal.tables import runs
from engine.replaying.replay import plans_of
from engine.resume import resume
from engine.running.cancellation import Cancellation
from engine.running.options import RunOptions
from engine.service.store.starts import Start
from ir.diagnostics import WorkflowError

if TYPE_CHECKING:
    from engine.result import RunResult


def replayed(journal: Journal, start: Start, *, policy: Policy, progress: Progress, cancellation: Cancellation
             ) -> Iterator[RunResult]:  # fmt: skip
    """Carry the parts of the replay out: those that an earlier attempt has begun are gone on with, then the others.

    The first part has the id of the start, the second one a -2 behind it, and so on.

    Raises:
        WorkflowError: as `plans_of` does, where nothing has begun yet.
    """
    wanted = json.loads(start.options)["replay"]
    begun = _begun(journal, start.run_id)
    taken: set[int] = set()
    for run_id, options in begun:
        taken.update(RunOptions.read(options).letters)
        yield resume(run_id, policy=policy, is_taken_over=True, progress=progress, cancellation=cancellation)
    try:
        plans = plans_of(wanted["run_id"], None, only=wanted.get("only"), again=wanted.get("again", False),
                         policy=policy)  # fmt: skip
    except WorkflowError:
        if begun:
            return  # the earlier attempt has come to its end
        raise
    number = len(begun)
    for plan in plans.plans:
        replaying = plan.compiled.replaying
        if replaying is not None and taken.isdisjoint(replaying.letters):
            number += 1
            name = start.run_id if number == 1 else f"{start.run_id}-{number}"
            yield plan.run(run_id=name, out=Path(plans.record.out), progress=progress, cancellation=cancellation)


def _begun(journal: Journal, run_id: str) -> list[tuple[str, str]]:
    """The runs of the replay that stand in the journal, with their options, the first one first."""
    found = (runs.c.tenant == journal.tenant) & (runs.c.kind == "replay")
    named = or_(runs.c.run_id == run_id, runs.c.run_id.startswith(f"{run_id}-", autoescape=True))
    asked = select(runs.c.run_id, runs.c.options).where(found & named).order_by(runs.c.started_at)
    with journal.looking() as connection:
        return [(str(name), str(options)) for name, options in connection.execute(asked)]
