"""What has happened that schedules wait for: stored in the transaction that makes it happen, taken once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, select

from engine.journal.journal import insert_new
from engine.journal.records import instant
from engine.journal.tables import events
from engine.service.schedules import topics
from engine.service.store.schedules import is_listened_to
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.service.store.starts import Start, StartStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that has happened; see engine.journal.tables."""

    number: int
    topic: str
    event: str
    about: Mapping[str, Any]
    inputs: Mapping[str, Any]
    happened_at: str


def note_ended(connection: Connection, tenant: str, start: Start, status: StartStatus) -> None:
    """Store that a run has ended, in the transaction that ends it, where a schedule waits for that."""
    topic = {"done": topics.finished(start.workflow), "failed": topics.failed(start.workflow)}.get(status)
    if topic is None or not is_listened_to(connection, tenant, topic):
        return
    about = {"workflow": start.workflow, "run_id": start.run_id, "status": status, "chain": chain_of(start)}
    add_event(connection, tenant, topic, f"{start.run_id}:{start.attempt}", about=about, inputs={})


def chain_of(start: Start) -> list[str]:
    """The workflows of which each started the next one, up to the run's own."""
    return [*json.loads(start.about).get("chain", ()), start.workflow]


def add_event(connection: Connection, tenant: str, topic: str, event: str, *, about: Mapping[str, Any],
              inputs: Mapping[str, Any]) -> bool:  # fmt: skip
    """Store an event in the transaction that is open; false where it stands there already."""
    return insert_new(connection, events, {
        "tenant": tenant, "topic": topic, "event": event, "about": json.dumps(about), "inputs": json.dumps(inputs),
        "happened_at": instant(),
    })  # fmt: skip


def event_of(connection: Connection, tenant: str, topic: str, event: str) -> Event | None:
    """The event that is known by this id."""
    known = (events.c.tenant == tenant) & (events.c.topic == topic) & (events.c.event == event)
    row = connection.execute(select(events).where(known)).mappings().first()
    return None if row is None else _event(row)


def is_any_open(connection: Connection, tenant: str) -> bool:
    """Whether an event has not been taken; costs one look into an index."""
    return connection.execute(select(events.c.number).where(_open(tenant)).limit(1)).first() is not None


def take_open(connection: Connection, tenant: str, *, most: int) -> list[Event]:
    """Events that nobody has taken, the oldest first; they are taken when the transaction has ended."""
    asked = select(events).where(_open(tenant)).order_by(events.c.number).limit(most)
    if connection.dialect.name == "postgresql":
        asked = asked.with_for_update(skip_locked=True)
    found = [_event(row) for row in connection.execute(asked).mappings()]
    taken = events.update().where(events.c.number.in_([each.number for each in found]))
    connection.execute(taken.values(taken_at=instant()))
    return found


def names_waited_for(topics_found: Sequence[str | None]) -> list[str]:
    """The names of events among topics."""
    start = topics.named("")
    return sorted({each.removeprefix(start) for each in topics_found if each is not None and each.startswith(start)})


def _open(tenant: str) -> Any:
    return (events.c.tenant == tenant) & events.c.taken_at.is_(None)


def _event(row: RowMapping) -> Event:
    return Event(number=row["number"], topic=row["topic"], event=row["event"], about=json.loads(row["about"]),
                 inputs=json.loads(row["inputs"]), happened_at=row["happened_at"])  # fmt: skip
