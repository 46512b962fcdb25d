"""The steps of a run that are finished once and not done again, and the rows that it rejected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from engine.fields import fields_of
from engine.journal.journal import Journal, replace_row
from engine.journal.records import LetterRecord, StepRecord, instant
from engine.journal.tables import letters, runs, steps


def note_pass(journal: Journal, run_id: str, done: Sequence[StepRecord], rejected: Sequence[LetterRecord],
              *, receipt: str) -> None:  # fmt: skip
    """Write down that all rows have passed: the steps that are finished, the letters, and what was read. At the latest
    the first delivery brings that to the disk.

    Raises:
        ConnectorProblem: IR596, here and in every function, where the journal cannot be used.
    """
    now = instant()
    with journal.counting() as connection:
        own = (steps.c.tenant == journal.tenant) & (steps.c.run_id == run_id)
        connection.execute(steps.delete().where(own & steps.c.kind.in_(("spool", "pass"))))
        connection.execute(letters.delete().where((letters.c.tenant == journal.tenant) & (letters.c.run_id == run_id)))
        for each in done:
            row = {
                **fields_of(each),
                "tenant": journal.tenant,
                "started_at": each.started_at or now,
                "finished_at": now,
            }
            replace_row(connection, steps, row)
        for letter in rejected:
            replace_row(connection, letters, {**fields_of(letter), "tenant": journal.tenant})
        found = (runs.c.tenant == journal.tenant) & (runs.c.run_id == run_id)
        connection.execute(runs.update().where(found).values(receipt=receipt))


def note_step(journal: Journal, done: StepRecord) -> None:
    """Write down that a step of a run is finished."""
    now = instant()
    row = {**fields_of(done), "tenant": journal.tenant, "started_at": done.started_at or now, "finished_at": now}
    with journal.writing() as connection:
        replace_row(connection, steps, row)


def steps_of(journal: Journal, run_id: str) -> list[StepRecord]:
    """The steps of a run that are finished."""
    wanted = (steps.c.tenant == journal.tenant) & (steps.c.run_id == run_id)
    with journal.looking() as connection:
        rows = connection.execute(select(steps).where(wanted).order_by(steps.c.started_at, steps.c.step)).mappings()
        return [StepRecord(**_without_tenant(row)) for row in rows]


def letters_of(journal: Journal, run_id: str) -> list[LetterRecord]:
    """How many rows each step and rule of a run rejected."""
    wanted = (letters.c.tenant == journal.tenant) & (letters.c.run_id == run_id)
    with journal.looking() as connection:
        rows = connection.execute(select(letters).where(wanted).order_by(letters.c.step, letters.c.rule)).mappings()
        return [LetterRecord(**_without_tenant(row)) for row in rows]


def _without_tenant(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "tenant"}
