"""What stands in the journal of a service, as tests look at it."""

from __future__ import annotations

from sqlalchemy import select

from engine.journal.journal import Journal
from engine.journal.tables import inbox, starts
from engine.service.store.schedules import StoredSchedule, schedule_of
from engine.service.store.starts import Start, start_of


def list_starts(journal: Journal, *, workflow: str | None = None) -> list[Start]:
    """The runs that were asked for, the latest first."""
    asked = select(starts).where(starts.c.tenant == journal.tenant)
    if workflow is not None:
        asked = asked.where(starts.c.workflow == workflow)
    with journal.looking() as connection:
        found = connection.execute(asked.order_by(starts.c.asked_at.desc(), starts.c.run_id.desc()))
        return [start_of(row) for row in found.mappings()]


def find_schedule(journal: Journal, workflow: str) -> StoredSchedule | None:
    """The schedule of a workflow; None where it has none."""
    with journal.looking() as connection:
        return schedule_of(connection, journal.tenant, workflow)


def runs_of_events(journal: Journal) -> list[str | None]:
    """The run that took each event, the latest event first."""
    asked = select(inbox.c.run_id).where(inbox.c.tenant == journal.tenant).order_by(inbox.c.number.desc())
    with journal.looking() as connection:
        return list(connection.execute(asked).scalars())
