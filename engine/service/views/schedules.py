"""When workflows run by themselves."""

from __future__ import annotations

from typing import Any, cast

from pydantic import Field, ValidationError
from sqlalchemy import RowMapping, select

from engine.journal.journal import Journal
from engine.journal.tables import schedules, workflows
from engine.schedules.words import words_of
from engine.service.store.schedules import StoredSchedule, stored_schedule
from engine.service.views.view import View, parsed


class ScheduleView(View):
    """The schedule of one workflow."""

    workflow: str
    kind: str = Field(description="cron, interval or event.")
    enabled: bool = Field(
        description="Whether it begins runs: not where it says that it does not, or its workflow is off."
    )
    next_at: str | None = Field(description="The coming time; null where none comes, and of events.")
    last_at: str | None = Field(description="The last time that a run was asked for.")
    definition: dict[str, Any] = Field(description="As the workflow says it.")
    words: str = Field(description="What starts the workflow, for people.")
    waiting: int = Field(description="Times and events that wait for the run before them.")
    missed: int = Field(description="Times that passed while nothing was running and were not made up for.")
    skipped: int = Field(description="Times and events that came while a run went on, or that began no run.")
    told: str = Field(description="What kept it last from running; empty where nothing did.")
    told_at: str | None = Field(description="When that was.")


def schedules_by_workflow(journal: Journal, workflow: str | None = None) -> dict[str, ScheduleView]:
    """The schedules, those that come first in front; of one workflow where it is named."""
    both = (schedules.c.tenant == workflows.c.tenant) & (schedules.c.workflow == workflows.c.workflow)
    asked = (
        select(*schedules.c, workflows.c.enabled.label("runs"))
        .select_from(schedules.outerjoin(workflows, both))
        .where(schedules.c.tenant == journal.tenant)
    )
    if workflow is not None:
        asked = asked.where(schedules.c.workflow == workflow)
    asked = asked.order_by(schedules.c.next_at.is_(None), schedules.c.next_at, schedules.c.workflow)
    with journal.looking() as connection:
        return {each["workflow"]: _view(each) for each in connection.execute(asked).mappings()}


def _words(stored: StoredSchedule) -> str:
    try:
        return words_of(stored.schedule, zone=stored.zone)
    except ValidationError:
        return "a schedule that this version cannot read"


def _view(row: RowMapping) -> ScheduleView:
    stored = stored_schedule(cast("RowMapping", {name: each for name, each in row.items() if name != "runs"}))
    is_on = bool(row["enabled"] and row["runs"])
    progress = stored.progress
    return ScheduleView(
        words=_words(stored), waiting=len(progress.waiting), missed=progress.missed,
        skipped=progress.skipped, told=progress.told, told_at=progress.told_at or None,
        workflow=row["workflow"], kind=row["kind"], enabled=is_on,
        next_at=row["next_at"] if is_on else None,
        last_at=row["last_at"], definition=parsed(row["definition"]),
    )  # fmt: skip
