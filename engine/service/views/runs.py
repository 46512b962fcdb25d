"""One run as a whole: what was asked for, its steps, its deliveries, the rows it rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, select

from engine.journal.journal import Journal
from engine.journal.records import RunRecord
from engine.journal.runs import find_run
from engine.journal.tables import runs
from engine.run_folder import is_folder_of
from engine.service.store.starts import find_start
from engine.service.views.deliveries import DeliveryView, deliveries_of_run
from engine.service.views.letters import LetterCount, letter_counts
from engine.service.views.run_rows import OVER, RunRow, run_row
from engine.service.views.steps import StepView, steps_of_run
from engine.service.views.view import View, parsed


class OtherRun(View):
    """A run that replays dead letters of this one, or goes beside it."""

    run_id: str
    status: str
    started_at: str


class RunView(RunRow):
    """All that is shown of one run."""

    inputs: dict[str, Any]
    document: str = Field(description="The workflow as the run was asked for.")
    syntax: str
    can_be_cancelled: bool
    can_be_resumed: bool
    can_be_replayed: bool = Field(description="Whether it has dead letters.")
    attempts: int = Field(description="How often it was begun: more than once where it was resumed.")
    steps: list[StepView]
    deliveries: list[DeliveryView]
    letters: list[LetterCount]
    replays: list[OtherRun] = Field(description="Runs that took dead letters of this one.")
    parts: list[OtherRun] = Field(
        description="Of a replay, what it ran beside: one for each further source or step that had rejected rows."
    )


def run_view(journal: Journal, run_id: str) -> RunView | None:
    """The run with this id; None where nobody asked for one."""
    row, start = run_row(journal, run_id), find_start(journal, run_id)
    if row is None or start is None:
        return None
    record = find_run(journal, run_id)
    counted = letter_counts(journal, run_id)
    is_over = row.status in OVER
    parts = _parts(journal, row)
    made = [each for name in (run_id, *(part.run_id for part in parts)) for each in deliveries_of_run(journal, name)]
    return RunView(
        **row.model_dump(), inputs=parsed(start.inputs), document=start.document, syntax=start.syntax,
        can_be_cancelled=not is_over, can_be_resumed=can_be_resumed(row), can_be_replayed=is_over and bool(counted),
        attempts=0 if record is None else record.attempts,
        steps=steps_of_run(journal, run_id, folder_here(record), is_over=is_over),
        deliveries=made, letters=counted, parts=parts,
        replays=_others(journal, runs.c.parent == run_id),
    )  # fmt: skip


def can_be_resumed(row: RunRow) -> bool:
    """Whether the run may go on where it stopped; a replay is made again instead."""
    return row.status in {"failed", "cancelled"} and row.cause != "replay"


def folder_here(record: RunRecord | None) -> Path | None:
    """The run's folder, where this machine can see it; no other run's has its name."""
    if record is None:
        return None
    folder = Path(record.folder)
    return folder if is_folder_of(record.run_id, folder) and folder.is_dir() else None


def folder_of(journal: Journal, run_id: str) -> Path | None:
    """The folder of the run with this id, where this machine can see it."""
    return folder_here(find_run(journal, run_id))


def _parts(journal: Journal, row: RunRow) -> list[OtherRun]:
    parent = row.about.get("run_id")
    if row.cause != "replay" or parent is None:
        return []
    return _others(journal, (runs.c.parent == parent) & runs.c.run_id.startswith(f"{row.run_id}-", autoescape=True))


def _others(journal: Journal, which: ColumnElement[bool]) -> list[OtherRun]:
    own = (runs.c.tenant == journal.tenant) & (runs.c.kind == "replay") & which
    asked = select(runs.c.run_id, runs.c.status, runs.c.started_at).where(own).order_by(runs.c.started_at)
    with journal.looking() as connection:
        return [OtherRun(run_id=name, status=word, started_at=at) for name, word, at in connection.execute(asked)]
