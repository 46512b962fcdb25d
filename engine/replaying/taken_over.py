"""A replay whose process is gone, planned as it was: the same letters, under the same names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from connectors.policy import Policy
from engine.journal.journal import Journal
from engine.journal.tables import runs
from engine.replaying.letters import refused
from engine.replaying.replay import compiled_with, letters_kept
from engine.resume import found_run
from engine.running.options import RunOptions

if TYPE_CHECKING:
    from engine.journal.records import RunRecord
    from engine.plan import Plan


def planned_again(record: RunRecord, policy: Policy) -> Plan:
    """The plan of a replay that has begun.

    Raises:
        WorkflowError: IR710 or IR721 where the run that it replays, or the letters, are gone.
    """
    with Journal() as journal:
        parent = found_run(journal, record.parent or "")
        found = (runs.c.tenant == journal.tenant) & (runs.c.parent == record.parent)
        with journal.looking() as connection:
            begun = list(connection.execute(
                select(runs.c.run_id).where(found).order_by(runs.c.started_at, runs.c.run_id)).scalars())  # fmt: skip
    taken = set(RunOptions.read(record.options).letters)
    letters = [each for each in letters_kept(parent) if each.number in taken and each.values is not None]
    if not letters:
        raise refused(f"the dead letters that {record.run_id} replays are gone", "replay those of another run")
    return compiled_with(parent, letters[0].entry, letters, begun.index(record.run_id) + 1, policy)
