"""The files that schedules have seen, and those that runs have delivered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from sqlalchemy import Connection, select

from engine.journal.journal import replace_row
from engine.journal.tables import arrivals, deliveries
from ir.records import dataclass

Status = Literal["there", "growing", "started"]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One file at a location; see engine.journal.tables."""

    file: str
    version: str
    status: Status
    seen_at: str
    run_id: str | None = None


def begun_to_watch(connection: Connection, tenant: str, workflow: str, location: str, *, now: str) -> bool:
    """Note that the location is watched from now on; false where it was before."""
    marker = Arrival(file="", version="", status="there", seen_at=now)
    if arrivals_of(connection, tenant, workflow, location, [""]):
        return False
    note_arrival(connection, tenant, workflow, location, marker)
    return True


def arrivals_of(connection: Connection, tenant: str, workflow: str, location: str, files: Sequence[str]
                ) -> dict[str, Arrival]:  # fmt: skip
    """What is known of these files."""
    found = {}
    for start in range(0, len(files), _AT_ONCE):
        asked = select(arrivals).where(
            (arrivals.c.tenant == tenant) & (arrivals.c.workflow == workflow) & (arrivals.c.location == location)
            & arrivals.c.file.in_(files[start : start + _AT_ONCE])
        )  # fmt: skip
        for row in connection.execute(asked):
            found[row.file] = Arrival(file=row.file, version=row.version, status=row.status, seen_at=row.seen_at,
                                      run_id=row.run_id)  # fmt: skip
    return found


def note_arrival(connection: Connection, tenant: str, workflow: str, location: str, arrival: Arrival) -> None:
    """Write down how a file was seen."""
    replace_row(connection, arrivals, {
        "tenant": tenant, "workflow": workflow, "location": location, "file": arrival.file, "version": arrival.version,
        "status": arrival.status, "seen_at": arrival.seen_at, "run_id": arrival.run_id,
    })  # fmt: skip


def delivered_files(connection: Connection, tenant: str, *, since: str) -> dict[str, str]:
    """The files that runs have delivered, or are about to, each with the id of its run."""
    asked = select(deliveries.c.run_id, deliveries.c.target, deliveries.c.result).where(
        (deliveries.c.tenant == tenant) & (deliveries.c.kind == "file") & (deliveries.c.started_at >= since)
    )
    return {each: row.run_id for row in connection.execute(asked) for each in (row.target, *_files(row.result))}


def _files(result: str | None) -> Iterator[str]:
    found: Mapping[str, object] = json.loads(result) if result else {}
    files = found.get("files")
    for each in files if isinstance(files, list) else ():
        if isinstance(each, dict) and isinstance(each.get("target"), str):
            yield each["target"]
