"""The processes that carry runs out, and when each was last heard of."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Literal, cast

from sqlalchemy import RowMapping, select

from engine.journal.journal import Journal, replace_row
from engine.journal.tables import workers
from engine.service.store.clock import now_of, written
from ir.records import dataclass

WorkerStatus = Literal["working", "draining", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A process of the service; see engine.journal.tables."""

    worker: str
    host: str
    pid: int
    slots: int
    status: WorkerStatus
    started_at: str = ""
    seen_at: str = ""


def note_worker(journal: Journal, worker: str, *, slots: int) -> None:
    """Write down that a process begins to work."""
    record = WorkerRecord(worker=worker, host=socket.gethostname(), pid=os.getpid(), slots=slots, status="working")
    with journal.writing() as connection:
        now = written(now_of(connection))
        replace_row(connection, workers, {**asdict(record), "tenant": journal.tenant, "started_at": now,
                                          "seen_at": now})  # fmt: skip


def note_seen(journal: Journal, worker: str, status: WorkerStatus) -> None:
    """Write down that a process lives, and whether it still takes runs; a power cut may take this back."""
    found = (workers.c.tenant == journal.tenant) & (workers.c.worker == worker)
    with journal.counting() as connection:
        connection.execute(workers.update().where(found).values(status=status, seen_at=written(now_of(connection))))


def list_workers(journal: Journal) -> list[WorkerRecord]:
    """The processes that live or have not been gone for a day, the latest first."""
    with journal.looking() as connection:
        asked = select(workers).where(workers.c.tenant == journal.tenant).order_by(workers.c.started_at.desc())
        return [_record(row) for row in connection.execute(asked).mappings()]


def mark_gone(journal: Journal, *, silent_s: float) -> list[str]:
    """Those that were not heard of for so long: marked once, by whoever looks first. Who has been gone for a day is
    forgotten."""
    ours = workers.c.tenant == journal.tenant
    with journal.looking() as connection:
        now = now_of(connection)
        silent = ours & (workers.c.status != "gone") & (workers.c.seen_at < written(now - timedelta(seconds=silent_s)))
        old = ours & (workers.c.status == "gone") & (workers.c.seen_at < written(now - timedelta(days=1)))
        if connection.execute(select(workers.c.worker).where(silent | old).limit(1)).first() is None:
            return []
    with journal.writing() as connection:
        connection.execute(workers.delete().where(old))
        marked = workers.update().where(silent).values(status="gone").returning(workers.c.worker)
        return list(connection.execute(marked).scalars())


def _record(row: RowMapping) -> WorkerRecord:
    known = cast("dict[str, Any]", {name: value for name, value in row.items() if name != "tenant"})
    return WorkerRecord(**known)
