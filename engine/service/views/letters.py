"""The rows that runs rejected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field
from sqlalchemy import func, select

from engine.journal.journal import Journal
from engine.journal.replays import replays_of
from engine.journal.steps import letters_of
from engine.journal.tables import letters
from engine.replaying.letters import letters_of as letters_in
from engine.service.views.view import View


class LetterCount(View):
    """How many rows of a run a source or a step rejected, by a rule."""

    step: str
    rule: str
    rows: int


class LetterView(View):
    """One rejected row."""

    number: int = Field(description="Counts from 1 in the run.")
    step: str = Field(description="Where it comes back: the step, or source, that rejected it.")
    row: int | None = Field(description="Its place in what was read.")
    column: str | None
    rule: str
    reason: str
    values: dict[str, Any] | None = Field(description="Null where the row as a whole is broken.")
    replayed_by: str | None = Field(description="The replay that took it and came to its end.")


class LetterPage(View):
    """Some of the rejected rows of a run, in their order."""

    letters: list[LetterView]
    count: int = Field(description="How many there are in all.")
    next: int | None = Field(description="Give it as `after` to have the page behind this one.")


def letter_counts(journal: Journal, run_id: str) -> list[LetterCount]:
    """How many rows of a run were rejected where, and why."""
    return [LetterCount(step=each.step, rule=each.rule, rows=each.rows) for each in letters_of(journal, run_id)]


def letters_of_runs(journal: Journal, run_ids: Sequence[str]) -> dict[str, int]:
    """How many dead letters each of the runs has; runs without any are left out."""
    own = (letters.c.tenant == journal.tenant) & letters.c.run_id.in_(run_ids)
    asked = select(letters.c.run_id, func.sum(letters.c.rows)).where(own).group_by(letters.c.run_id)
    with journal.looking() as connection:
        return {run_id: int(rows) for run_id, rows in connection.execute(asked)}


def taken_letters(journal: Journal, run_id: str) -> dict[int, str]:
    """Which of a run's dead letters were replayed, and by which run."""
    return {number: each.run_id for each in replays_of(journal, run_id) for number in each.letters}


def letter_page(journal: Journal, run_id: str, folder: Path, *, limit: int, after: int = 0) -> LetterPage:
    """The rejected rows themselves, as they lie in the run's folder on this machine; none where that is gone."""
    found = letters_in(folder)
    taken = taken_letters(journal, run_id) if found else {}
    shown = [
        LetterView(number=each.number, step=each.entry, row=each.row, column=each.column, rule=each.rule,
                   reason=each.reason, values=None if each.values is None else dict(each.values),
                   replayed_by=taken.get(each.number))
        for each in found[after : after + limit]
    ]  # fmt: skip
    return LetterPage(letters=shown, count=len(found), next=after + limit if after + limit < len(found) else None)
