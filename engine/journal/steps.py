"""The steps of a run that are finished once and not done again, and the rows that it rejected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.fields import fields_of
from engine.journal.notes import Notes, note_row
from engine.journal.records import LetterRecord, StepRecord, instant

if TYPE_CHECKING:
    from engine.journal.journal import Journal


def note_pass(journal: Notes, run_id: str, done: Sequence[StepRecord], rejected: Sequence[LetterRecord],
              *, receipt: str) -> None:  # fmt: skip
    """Write down that all rows have passed: the steps that are finished, the letters, and what was read. At the latest
    the first delivery brings that to the disk.

    Raises:
        ConnectorProblem: IR596, here and in every function, where the journal cannot be used.
    """
    now, mine = instant(), (journal.tenant, run_id)
    with journal.noting(may_be_lost=True) as execute:
        execute(_OF_PASSES, mine)
        execute("delete from weirflow_letters where tenant = ? and run_id = ?", mine)
        for each in done:
            note_row(execute, "weirflow_steps", _row(journal, each, now))
        for letter in rejected:
            note_row(execute, "weirflow_letters", {**fields_of(letter), "tenant": journal.tenant})
        execute("update weirflow_runs set receipt = ? where tenant = ? and run_id = ?", (receipt, *mine))


_OF_PASSES = "delete from weirflow_steps where tenant = ? and run_id = ? and kind in ('spool', 'pass')"


def note_step(journal: Notes, done: StepRecord) -> None:
    """Write down that a step of a run is finished."""
    with journal.noting() as execute:
        note_row(execute, "weirflow_steps", _row(journal, done, instant()))


def _row(journal: Notes, done: StepRecord, now: str) -> dict[str, Any]:
    return {**fields_of(done), "tenant": journal.tenant, "started_at": done.started_at or now, "finished_at": now}


def steps_of(journal: Journal, run_id: str) -> list[StepRecord]:
    """The steps of a run that are finished."""
    from sqlalchemy import select

    from engine.journal.tables import steps

    wanted = (steps.c.tenant == journal.tenant) & (steps.c.run_id == run_id)
    with journal.looking() as connection:
        rows = connection.execute(select(steps).where(wanted).order_by(steps.c.started_at, steps.c.step)).mappings()
        return [StepRecord(**_without_tenant(row)) for row in rows]


def letters_of(journal: Journal, run_id: str) -> list[LetterRecord]:
    """How many rows each step and rule of a run rejected."""
    from sqlalchemy import select

    from engine.journal.tables import letters

    wanted = (letters.c.tenant == journal.tenant) & (letters.c.run_id == run_id)
    with journal.looking() as connection:
        rows = connection.execute(select(letters).where(wanted).order_by(letters.c.step, letters.c.rule)).mappings()
        return [LetterRecord(**_without_tenant(row)) for row in rows]


def _without_tenant(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "tenant"}
