"""Events that were taken long ago, those whose workflows are gone for good, and sessions that are over."""

from __future__ import annotations

import logging
from collections import Counter

from sqlalchemy import ColumnElement, Connection, Table, select

from engine.journal.journal import Journal
from engine.journal.tables import events, inbox, sessions, workflows
from engine.service.retention.claim import claimed
from engine.service.retention.terms import Terms

BATCH = 1000
_LOG = logging.getLogger("weirflow.retention")


def prune_inbox(journal: Journal, terms: Terms) -> int:
    """Remove some events of webhooks that runs have taken."""
    if terms.events is None:
        return 0
    return _some(journal, inbox, inbox.c.run_id.is_not(None), inbox.c.received_at < terms.events)


def prune_abandoned(journal: Journal, terms: Terms) -> int:
    """Remove some events that no run ever took, since their workflows are gone; they are told by their workflows."""
    if terms.failed is None:
        return 0
    known = select(workflows.c.workflow).where(
        (workflows.c.tenant == inbox.c.tenant) & (workflows.c.workflow == inbox.c.workflow)
    )
    waits = inbox.c.run_id.is_(None) & ~known.exists()
    with journal.counting() as connection:
        if not claimed(connection):
            return 0
        found = (inbox.c.tenant == journal.tenant) & waits & (inbox.c.received_at < terms.failed)
        chosen = connection.execute(select(inbox.c.number, inbox.c.workflow).where(found).limit(BATCH)).all()
        _remove(connection, inbox, [each.number for each in chosen])
    for name, count in sorted(Counter(each.workflow for each in chosen).items()):
        _LOG.warning("%s is gone: %s of its events, which no run took, were removed", name, f"{count:,}")
    return len(chosen)


def prune_events(journal: Journal, terms: Terms) -> int:
    """Remove some events that schedules have taken; one that is sent again after that counts as new."""
    return 0 if terms.events is None else _some(journal, events, events.c.taken_at < terms.events)


def prune_sessions(journal: Journal, terms: Terms) -> int:
    """Remove the sessions of the console that are over."""
    with journal.counting() as connection:
        if not claimed(connection):
            return 0
        over = (sessions.c.tenant == journal.tenant) & (sessions.c.expires_at <= terms.now)
        return connection.execute(sessions.delete().where(over)).rowcount


def _some(journal: Journal, table: Table, *conditions: ColumnElement[bool]) -> int:
    asked = select(table.c.number).where(table.c.tenant == journal.tenant, *conditions).order_by(table.c.number)
    with journal.counting() as connection:
        if not claimed(connection):
            return 0
        numbers = list(connection.execute(asked.limit(BATCH)).scalars())
        _remove(connection, table, numbers)
    return len(numbers)


def _remove(connection: Connection, table: Table, numbers: list[int]) -> None:
    if numbers:
        connection.execute(table.delete().where(table.c.number.in_(numbers)))
