"""Files that have arrived, each version once: who waits for them, and which runs take them."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from engine.service.planning import model_of
from engine.service.schedules.happening import MOST_IN_A_CHAIN
from engine.service.schedules.looking import SeenFile
from engine.service.schedules.occasions import Occasion
from engine.service.store.arrivals import (
    Arrival,
    arrivals_of,
    begun_to_watch,
    delivered_files,
    note_arrival,
)
from engine.service.store.events import chain_of
from engine.service.store.schedules import StoredSchedule, busy_workflows, instant_text
from engine.service.store.starts import Start, insert_start, start_in
from engine.service.store.workflows import StoredWorkflow
from ir.records import dataclass

SETTLED = timedelta(seconds=4)
"""A file that may still be written has arrived when it has not changed for so long, from one look to another."""
MOST_AT_ONCE = 100
"""Runs of one look where each file has its own; the next look begins more."""
INPUT = "file"
"""A workflow with this runtime input has a run for each file."""
_DELIVERED_WITHIN = timedelta(days=1)

log = logging.getLogger("weirflow.schedules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A file that has arrived, and the workflows that led to it."""

    seen: SeenFile
    chain: tuple[str, ...] = ()


def take_files(connection: Connection, tenant: str, stored: StoredSchedule, workflow: StoredWorkflow, location: str,
               seen: Sequence[SeenFile], *, now: datetime) -> tuple[StoredSchedule, list[Start]]:  # fmt: skip
    """Write down what was seen, and the runs of what has arrived, in the transaction that is open.

    What lies there when the location is watched for the first time has not arrived. While a run goes on files wait,
    unless overlap is allow: none is lost.
    """
    name, at = stored.workflow, instant_text(now.astimezone(UTC))
    is_new = begun_to_watch(connection, tenant, name, location, now=at)
    ready = list[SeenFile]()
    known = arrivals_of(connection, tenant, name, location, [each.file for each in seen])
    for each in seen:
        old = known.get(each.file)
        if old is not None and old.version == each.version and old.status != "growing":
            continue
        if is_new:
            note_arrival(connection, tenant, name, location, _arrival(each, "there", at))
        elif old is None or old.version != each.version:
            note_arrival(connection, tenant, name, location, _arrival(each, "growing", at))
            if each.is_whole:
                ready.append(each)
        elif each.is_whole or now - datetime.fromisoformat(old.seen_at) >= SETTLED:
            ready.append(each)
    if not ready or not stored.listens_at(now):
        return stored, []
    arrived = []
    for file in _with_chains(connection, tenant, ready, now=now):
        if file.chain and (file.chain[-1] == name or len(file.chain) >= MOST_IN_A_CHAIN):
            note_arrival(connection, tenant, name, location, _arrival(file.seen, "there", at))
            if file.chain[-1] != name:
                stored = _told_of_chain(stored, file, at)
        else:
            arrived.append(file)
    return _begun(connection, tenant, stored, workflow, location, arrived, at=at)


def _begun(connection: Connection, tenant: str, stored: StoredSchedule, workflow: StoredWorkflow, location: str,
           arrived: Sequence[Ready], *, at: str) -> tuple[StoredSchedule, list[Start]]:  # fmt: skip
    is_alone = stored.schedule.overlap != "allow"
    if not arrived or (is_alone and busy_workflows(connection, tenant, [stored.workflow])):
        return stored, []
    begun = []
    for each in _occasions(stored.workflow, location, arrived, workflow)[: 1 if is_alone else MOST_AT_ONCE]:
        start = each[0].start(workflow)
        if insert_start(connection, tenant, start):
            begun.append(start)
        for file in each[1]:
            taken = replace(_arrival(file.seen, "started", at), run_id=start.run_id)
            note_arrival(connection, tenant, stored.workflow, location, taken)
    return replace(stored, last_at=at), begun


def _occasions(name: str, location: str, arrived: Sequence[Ready], workflow: StoredWorkflow
               ) -> list[tuple[Occasion, Sequence[Ready]]]:  # fmt: skip
    """One for each file where the workflow has an input for it; else one for all."""
    if any(each.name == INPUT for each in model_of(workflow).runtime_inputs):
        return [(_occasion(name, location, [each], {INPUT: each.seen.file}), [each]) for each in arrived]
    return [(_occasion(name, location, arrived, {}), arrived)]


def _occasion(name: str, location: str, files: Sequence[Ready], inputs: dict[str, Any]) -> Occasion:
    told = json.dumps([location, [(each.seen.file, each.seen.version) for each in files]])
    return Occasion(
        key=f"event:{name}:file_arrived:{hashlib.sha256(told.encode()).hexdigest()[:32]}", cause="event", inputs=inputs,
        about={"event": f"file_arrived:{location}", "files": [each.seen.file for each in files][:100],
               "count": len(files), "chain": max((list(each.chain) for each in files), key=len)},
    )  # fmt: skip


def _with_chains(connection: Connection, tenant: str, ready: Sequence[SeenFile], *, now: datetime) -> list[Ready]:
    """Each file with the workflows that led to it, where a run has delivered it."""
    delivered = delivered_files(connection, tenant, since=instant_text(now.astimezone(UTC) - _DELIVERED_WITHIN))
    found = []
    for each in ready:
        run_id = delivered.get(each.target)
        start = None if run_id is None else start_in(connection, tenant, run_id)
        found.append(Ready(seen=each, chain=() if start is None else tuple(chain_of(start))))
    return found


def _told_of_chain(stored: StoredSchedule, file: Ready, at: str) -> StoredSchedule:
    words = (f"not started by {file.seen.file}: {len(file.chain)} runs have started each other already: "
             f"{' -> '.join(file.chain)}")  # fmt: skip
    log.warning("%s: %s", stored.workflow, words)
    return stored.told(words, at=at, skipped=1)


def _arrival(seen: SeenFile, status: Any, at: str) -> Arrival:
    return Arrival(file=seen.file, version=seen.version, status=status, seen_at=at)
