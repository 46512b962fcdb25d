"""The schedules of a service's workflows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, field, replace
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Connection, RowMapping, bindparam, select

from engine.journal.journal import Journal, replace_row
from engine.journal.tables import schedules, starts
from engine.schedules.times import first_instant, last_instant, zone_of
from ir.model.schedule import Schedule
from ir.records import dataclass

Kind = Literal["cron", "interval", "event"]
MOST_TOLD = 500
"""So many letters are kept of what kept a schedule from running: every list of schedules shows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a schedule has behind it and before it."""

    waiting: tuple[Mapping[str, Any], ...] = ()
    """The occasions that wait for the last run to end, as `engine.service.schedules.occasions` writes them."""
    missed: int = 0
    """Times that passed while nothing was running, and that were not made up for."""
    skipped: int = 0
    """Times and events that came while the last run went on, or that were too many to wait."""
    told: str = ""
    """What happened last of all that kept it from running."""
    told_at: str = ""

    def json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Progress:
        found = json.loads(text)
        return cls(**{**found, "waiting": tuple(found.get("waiting", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSchedule:
    """One schedule as it stands; see engine.journal.tables."""

    workflow: str
    kind: Kind
    definition: str
    topic: str | None
    enabled: bool
    next_at: str | None
    last_at: str | None
    look_at: str | None
    progress: Progress = field(default_factory=Progress)
    changed_at: str = ""

    @property
    def schedule(self) -> Schedule:
        return Schedule.model_validate(json.loads(self.definition)["schedule"])

    @property
    def zone(self) -> str:
        """The workflow's time zone; the schedule's own is before it."""
        return str(json.loads(self.definition)["timezone"])

    def listens_at(self, moment: datetime) -> bool:
        """Whether an event of that moment lies within start_date and end_date."""
        schedule = self.schedule
        zone = zone_of(schedule.timezone or self.zone)
        begins, ends = schedule.start_date, schedule.end_date
        return (begins is None or moment >= first_instant(begins, zone)) and (
            ends is None or moment <= last_instant(ends, zone)
        )

    def told(self, words: str, *, at: str, missed: int = 0, skipped: int = 0) -> StoredSchedule:
        """With one more thing that kept it from running, in one line that is not too long."""
        old, words = self.progress, "".join(each if each.isprintable() else " " for each in words)
        if len(words) > MOST_TOLD:
            words = words[: MOST_TOLD - 1] + "…"
        return replace(self, progress=replace(old, missed=old.missed + missed, skipped=old.skipped + skipped,
                                              told=words, told_at=at))  # fmt: skip


def definition_of(schedule: Schedule, *, zone: str) -> str:
    """The schedule as text; the same schedule gives the same."""
    written = schedule.model_dump(mode="json", exclude_none=True, exclude={"description"})
    return json.dumps({"schedule": written, "timezone": zone}, sort_keys=True)


def instant_text(moment: datetime) -> str:
    """An instant as the journal keeps it."""
    return moment.isoformat(timespec="microseconds")


def list_schedules(journal: Journal) -> list[StoredSchedule]:
    """All schedules by their workflows."""
    with journal.looking() as connection:
        asked = select(schedules).where(schedules.c.tenant == journal.tenant).order_by(schedules.c.workflow)
        return [stored_schedule(row) for row in connection.execute(asked).mappings()]


def schedule_of(connection: Connection, tenant: str, workflow: str) -> StoredSchedule | None:
    row = connection.execute(select(schedules).where(_of(tenant, workflow))).mappings().first()
    return None if row is None else stored_schedule(row)


def schedule_to_change(connection: Connection, tenant: str, workflow: str) -> StoredSchedule | None:
    """The schedule of a workflow; until the transaction ends no other process changes it."""
    asked = select(schedules).where(_of(tenant, workflow))
    if connection.dialect.name == "postgresql":
        asked = asked.with_for_update()
    row = connection.execute(asked).mappings().first()
    return None if row is None else stored_schedule(row)


def save_schedule(connection: Connection, tenant: str, schedule: StoredSchedule) -> None:
    """Write it in place of what stands there."""
    replace_row(connection, schedules, {**_row(schedule), "tenant": tenant})


def save_progress(connection: Connection, tenant: str, moved: Sequence[StoredSchedule]) -> None:
    """Write how these schedules, which stand, have moved on; one statement for all."""
    if moved:
        columns = ("next_at", "last_at", "look_at", "state")
        one = schedules.update().where(
            (schedules.c.tenant == tenant) & (schedules.c.workflow == bindparam("of_workflow"))
        ).values({name: bindparam(f"new_{name}") for name in columns})  # fmt: skip
        connection.execute(one, [
            {"of_workflow": row["workflow"], **{f"new_{name}": row[name] for name in columns}}
            for row in map(_row, moved)
        ])  # fmt: skip


def delete_schedule(connection: Connection, tenant: str, workflow: str) -> None:
    connection.execute(schedules.delete().where(_of(tenant, workflow)))


def is_anything_due(connection: Connection, tenant: str, now: str) -> bool:
    """Whether a schedule is to be looked at; costs one look into an index."""
    return connection.execute(select(schedules.c.workflow).where(_due(tenant, now)).limit(1)).first() is not None


def take_due(connection: Connection, tenant: str, now: str, *, most: int) -> list[StoredSchedule]:
    """The schedules to be looked at, the longest due first. Until the transaction ends no other process gets them."""
    asked = select(schedules).where(_due(tenant, now)).order_by(schedules.c.look_at).limit(most)
    return [stored_schedule(row) for row in connection.execute(_locked(connection, asked)).mappings()]


def take_listening(connection: Connection, tenant: str, topics: Collection[str]) -> list[StoredSchedule]:
    """The schedules that wait for one of the topics; until the transaction ends no other process changes them."""
    asked = select(schedules).where((schedules.c.tenant == tenant) & schedules.c.topic.in_(topics)
                                    & (schedules.c.enabled == 1)).order_by(schedules.c.workflow)  # fmt: skip
    if connection.dialect.name == "postgresql":
        asked = asked.with_for_update()
    return [stored_schedule(row) for row in connection.execute(asked).mappings()]


def is_listened_to(connection: Connection, tenant: str, topic: str) -> bool:
    """Whether a schedule waits for the topic."""
    return connection.execute(_LISTENING, {"of_tenant": tenant, "of_topic": topic}).first() is not None


_LISTENING = select(schedules.c.workflow).where(
    (schedules.c.tenant == bindparam("of_tenant")) & (schedules.c.topic == bindparam("of_topic"))
    & (schedules.c.enabled == 1)
).limit(1)  # fmt: skip


def busy_workflows(connection: Connection, tenant: str, names: Collection[str]) -> set[str]:
    """Those of the workflows that have a run by their schedule which is not over."""
    asked = select(starts.c.workflow).distinct().where(
        (starts.c.tenant == tenant) & starts.c.workflow.in_(names) & starts.c.status.in_(("queued", "running"))
        & starts.c.cause.in_(("schedule", "event"))
    )  # fmt: skip
    return set(connection.execute(asked).scalars())


def _locked(connection: Connection, asked: Any) -> Any:
    return asked.with_for_update(skip_locked=True) if connection.dialect.name == "postgresql" else asked


def _due(tenant: str, now: str) -> Any:
    return (schedules.c.tenant == tenant) & (schedules.c.enabled == 1) & (schedules.c.look_at <= now)


def _of(tenant: str, workflow: str) -> Any:
    return (schedules.c.tenant == tenant) & (schedules.c.workflow == workflow)


def stored_schedule(row: RowMapping) -> StoredSchedule:
    """What a row says."""
    known = cast("dict[str, Any]", {name: value for name, value in row.items() if name not in {"tenant", "state"}})
    return StoredSchedule(**{**known, "enabled": bool(known["enabled"])}, progress=Progress.read(row["state"]))


def _row(stored: StoredSchedule) -> dict[str, Any]:
    names = [each for each in StoredSchedule.__dataclass_fields__ if each != "progress"]
    found = {name: getattr(stored, name) for name in names}
    return {**found, "enabled": int(stored.enabled), "state": stored.progress.json()}
