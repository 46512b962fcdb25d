"""Runs that nobody asks for any more: their rows, their folders, and what was asked for and never came to a run."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from engine.journal.journal import Journal
from engine.journal.tables import deliveries, items, letters, payloads, runs, starts, steps
from engine.run_folder import is_folder_of, lives
from engine.service.retention.claim import claimed
from engine.service.retention.remains import Remains, note_remains
from engine.service.retention.terms import Terms
from ir.records import dataclass

BATCH = 50
"""Runs of one transaction."""
_OPEN = ("queued", "running")
_OWN_TABLES = (steps, letters, deliveries, payloads)
"""Of a run, with few rows each; its items and its log may have many, and go after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What one transaction has removed."""

    runs: int = 0
    starts: int = 0
    remains: Remains = field(default_factory=Remains)

    def __bool__(self) -> bool:
        return bool(self.runs or self.starts)


def prune_runs(journal: Journal, terms: Terms) -> Gone:
    """Remove some runs that are old enough; none is under way, or waits, or has a replay that does.

    A replay stays as long as the run whose dead letters it took: without it these would be taken once more.
    """
    if terms.runs is None:
        return Gone()
    with journal.counting() as connection:
        if not claimed(connection):
            return Gone()
        there = _folders(connection.execute(_old(journal.tenant, terms).limit(BATCH)).all())
        idle = [run_id for run_id, found in there.items() if not any(lives(each) for each in found)]
        free = _not_asked_for(connection, journal.tenant, idle)
        folders = {run_id: found for run_id, found in there.items() if run_id in free}
        remains = note_remains(folders)
        gone = _removed(connection, journal.tenant, list(folders))
    return Gone(runs=gone, remains=remains)


def prune_starts(journal: Journal, terms: Terms) -> Gone:
    """Remove some of what was asked for and is over, and of which no run ever came."""
    if terms.runs is None:
        return Gone()
    mine = (starts.c.tenant == journal.tenant) & starts.c.status.not_in(_OPEN)
    well = and_(starts.c.status == "done", starts.c.finished_at < terms.runs)
    old = well if terms.failed is None else or_(well, starts.c.finished_at < terms.failed)
    begun = select(runs.c.run_id).where((runs.c.tenant == starts.c.tenant) & (runs.c.run_id == starts.c.run_id))
    asked = select(starts.c.run_id).where(mine & old & ~begun.exists()).order_by(starts.c.asked_at).limit(BATCH)
    with journal.counting() as connection:
        if not claimed(connection):
            return Gone()
        found = list(connection.execute(asked).scalars())
        free = sorted(_not_asked_for(connection, journal.tenant, found))
        remains = note_remains(dict.fromkeys(free, ()))
        _removed(connection, journal.tenant, free)
    return Gone(starts=len(free), remains=remains)


def _old(tenant: str, terms: Terms) -> Select[Any]:
    """The runs that are old enough, the oldest first."""
    assert terms.runs is not None
    here, at = runs.c.host == socket.gethostname(), func.coalesce(runs.c.finished_at, runs.c.started_at)
    asked_for = (starts.c.tenant == runs.c.tenant) & (starts.c.run_id == runs.c.run_id)
    is_open = select(starts.c.run_id).where(asked_for & starts.c.status.in_(_OPEN)).exists()
    is_over = runs.c.status != "running"
    # one that was killed and that nobody resumed: by hand here, or by a service, which says that it is over
    was_killed = ~is_over & or_(here, select(starts.c.run_id).where(asked_for).exists())
    of_replay = runs.alias("of_replay")
    is_needed = (runs.c.kind == "replay") & (
        select(of_replay.c.run_id)
        .where((of_replay.c.tenant == runs.c.tenant) & (of_replay.c.run_id == runs.c.parent))
        .exists()
    )
    age: ColumnElement[bool] = (runs.c.status == "succeeded") & ~_is_uncertain() & _before(here, at, terms, terms.runs)
    if terms.failed is not None:
        age = or_(age, _before(here, at, terms, terms.failed))
    return (
        select(runs.c.run_id, runs.c.folder)
        .where((runs.c.tenant == tenant) & (runs.c.started_at < terms.runs))
        .where(age & (is_over | was_killed) & ~is_open & ~is_needed)
        .order_by(runs.c.started_at, runs.c.run_id)
        .with_for_update(of=runs, skip_locked=True)
    )


def _before(here: ColumnElement[bool], at: ColumnElement[Any], terms: Terms, moment: str) -> ColumnElement[bool]:
    return or_(here & (at < moment), at < terms.of_others(moment))


def _is_uncertain() -> ColumnElement[bool]:
    """Whether nobody knows of a delivery or a message of the run what became of it."""
    found = [
        select(table.c.run_id)
        .where((table.c.tenant == runs.c.tenant) & (table.c.run_id == runs.c.run_id))
        .where(table.c.status.in_(("pending", "uncertain")))
        .exists()
        for table in (deliveries, items)
    ]
    return or_(*found)


def _folders(found: Sequence[Any]) -> dict[str, tuple[Path, ...]]:
    """The folders of these runs that are on this machine; an attempt that was taken over has one of its own."""
    beside = {parent: _names_by_run(parent) for parent in {Path(each.folder).parent for each in found}}
    return {each.run_id: _folders_of(each.run_id, Path(each.folder), beside) for each in found}


def _folders_of(run_id: str, folder: Path, beside: Mapping[Path, Mapping[str, Sequence[str]]]) -> tuple[Path, ...]:
    if not is_folder_of(run_id, folder):
        return ()
    named = (folder.with_name(each) for each in beside[folder.parent].get(run_id, ()))
    return tuple(each for each in named if each.is_dir())


def _names_by_run(parent: Path) -> Mapping[str, Sequence[str]]:
    """What lies in a folder, by the runs that it may be of: it is listed once for many of them."""
    found: dict[str, list[str]] = {}
    with suppress(OSError):  # it is that of another machine
        for name in os.listdir(parent):
            run_id, _, number = name.rpartition(".")
            for each in {name, run_id if number.isdigit() else name}:
                found.setdefault(each, []).append(name)
    return found


def _not_asked_for(connection: Connection, tenant: str, run_ids: Sequence[str]) -> set[str]:
    """Those that no worker has or may take, nor any replay of theirs; nobody begins them until the transaction ends."""
    ours = (starts.c.tenant == tenant) & starts.c.run_id.in_(run_ids)
    asked = select(starts.c.run_id, starts.c.status).where(ours).with_for_update()
    taken = {row.run_id for row in connection.execute(asked) if row.status in _OPEN}
    replays = (starts.c.tenant == tenant) & starts.c.status.in_(_OPEN) & (starts.c.cause == "replay")
    parents = {json.loads(each).get("run_id") for each in
               connection.execute(select(starts.c.about).where(replays)).scalars()}  # fmt: skip
    return set(run_ids) - taken - parents


def _removed(connection: Connection, tenant: str, run_ids: Collection[str]) -> int:
    """Take the runs out; how many of them had begun."""
    count = 0
    for table in (*_OWN_TABLES, starts, runs):
        count = connection.execute(
            table.delete().where((table.c.tenant == tenant) & table.c.run_id.in_(run_ids))
        ).rowcount
    return count
