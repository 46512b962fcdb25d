"""The events that webhooks accepted, from their storing to the run that takes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, TextClause, func, select, text

from engine.journal.journal import Journal, insert_many_new
from engine.journal.tables import inbox
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One accepted request; see engine.journal.tables."""

    workflow: str
    event: str
    received_at: str
    body: bytes
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEvent:
    """An event that no run has taken."""

    number: int
    event: str
    received_at: str
    body: bytes
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How an event stands in the inbox: as it was stored first."""

    received_at: str
    run_id: str | None
    is_new: bool


def single_run_id(tenant: str, workflow: str, event: str, received_at: str) -> str:
    """The id of the run that takes this event alone: known before there is one, and the same for whoever begins it."""
    told = hashlib.sha256("\0".join((tenant, workflow, event, received_at)).encode()).hexdigest()
    return f"{datetime.fromisoformat(received_at):%Y%m%dT%H%M%S}-{told[:16]}"


def store_events(journal: Journal, events: Sequence[Event]) -> list[Stored]:
    """Store events in one transaction; of several with one id the first is kept, whenever it came."""
    first: dict[tuple[str, str], Event] = {}
    for each in events:
        first.setdefault((each.workflow, each.event), each)
    columns = ("tenant", "workflow", "event", "received_at", "body", "about")
    rows = [(journal.tenant, each.workflow, each.event, each.received_at, each.body, each.about)
            for each in first.values()]  # fmt: skip
    with journal.writing() as connection:
        new = set(insert_many_new(connection, inbox, columns, rows, told=("workflow", "event")))
        old = {key: _as_stored(connection, journal.tenant, *key) for key in first if key not in new}
    found = []
    for each in events:
        key = (each.workflow, each.event)
        if key in old:
            found.append(old[key])
        else:
            found.append(Stored(received_at=first[key].received_at, run_id=None, is_new=first[key] is each))
    return found


def _as_stored(connection: Connection, tenant: str, workflow: str, event: str) -> Stored:
    ours = (inbox.c.tenant == tenant) & (inbox.c.workflow == workflow) & (inbox.c.event == event)
    row = connection.execute(select(inbox.c.received_at, inbox.c.run_id).where(ours)).one()
    return Stored(received_at=row.received_at, run_id=row.run_id, is_new=False)


def waiting_events(journal: Journal) -> dict[str, int]:
    """How many events wait for a run, by their workflows."""
    open_ones = (inbox.c.tenant == journal.tenant) & inbox.c.run_id.is_(None)
    asked = select(inbox.c.workflow, func.count()).where(open_ones).group_by(inbox.c.workflow)
    with journal.looking() as connection:
        return {str(name): int(count) for name, count in connection.execute(asked)}


def next_waiting(journal: Journal, *, after: str) -> tuple[str, str] | None:
    """The first workflow after this name that has events waiting, and when the oldest of them came."""
    asked = (
        select(inbox.c.workflow, inbox.c.received_at)
        .where((inbox.c.tenant == journal.tenant) & inbox.c.run_id.is_(None) & (inbox.c.workflow > after))
        .order_by(inbox.c.workflow, inbox.c.number)
        .limit(1)
    )
    with journal.looking() as connection:
        row = connection.execute(asked).first()
    return None if row is None else (row.workflow, row.received_at)


def has_waiting(journal: Journal, workflow: str, *, count: int) -> bool:
    """Whether so many events of a workflow wait."""
    asked = (
        select(inbox.c.number)
        .where((inbox.c.tenant == journal.tenant) & inbox.c.run_id.is_(None) & (inbox.c.workflow == workflow))
        .order_by(inbox.c.number)
        .offset(count - 1)
        .limit(1)
    )
    with journal.looking() as connection:
        return connection.execute(asked).first() is not None


def open_events(connection: Connection, tenant: str, workflow: str, *, limit: int, most_bytes: int) -> list[OpenEvent]:
    """The oldest events of a workflow that no run has taken, at least one where there is any and as many as fit.

    Nobody else takes them until the transaction ends.
    """
    ours = (inbox.c.tenant == tenant) & inbox.c.run_id.is_(None) & (inbox.c.workflow == workflow)
    sizes = (
        select(inbox.c.number, func.length(inbox.c.body).label("size"))
        .where(ours)
        .order_by(inbox.c.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    size, numbers = 0, list[int]()
    for row in connection.execute(sizes):
        size += row.size + 1
        if numbers and size > most_bytes:
            break
        numbers.append(row.number)
    if not numbers:
        return []
    asked = select(inbox.c.number, inbox.c.event, inbox.c.received_at, inbox.c.body, inbox.c.about)
    found = connection.execute(asked.where(_among(connection, numbers)).order_by(inbox.c.number))
    return [OpenEvent(number=row.number, event=row.event, received_at=row.received_at, body=bytes(row.body),
                      about=row.about) for row in found]  # fmt: skip


def take_events(connection: Connection, numbers: Sequence[int], run_id: str) -> None:
    """Note the run that takes these events; their bodies stand with the run from now on."""
    connection.execute(inbox.update().where(_among(connection, numbers)).values(run_id=run_id, body=b""))


def _among(connection: Connection, numbers: Sequence[int]) -> TextClause:
    """Events by their numbers, as one value: ten thousand are many for SQLAlchemy to write out."""
    if connection.dialect.name == "sqlite":
        written = json.dumps(list(numbers))
        return text("number in (select value from json_each(:numbers))").bindparams(numbers=written)
    return text("number = any(:numbers)").bindparams(numbers=list(numbers))
