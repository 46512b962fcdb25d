"""The connections to the queue's database."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, QueuePool, create_engine, event

from engine.journal.place import impatient

BUSY_S = 30.0
SUBSECONDS = (3, 42, 0)
"""DBOS takes `unixepoch('subsec')` for what is now wherever Python is 3.12 or newer. SQLite knows it since this version
(https://sqlite.org/changes.html), and Debian 12 has an earlier one, to which it is null."""


def dispatch_engine(url: URL) -> Engine:
    """An engine whose commits do not wait for the disk: what a power cut takes back is dispatched again."""
    if url.drivername == "sqlite":
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, poolclass=QueuePool, pool_size=8, max_overflow=-1,
                               connect_args={"timeout": BUSY_S, "check_same_thread": False})  # fmt: skip
        event.listen(engine, "connect", _prepared)
        return engine
    return create_engine(url, poolclass=QueuePool, pool_size=4, max_overflow=-1, pool_pre_ping=True,
                         connect_args={**impatient(url), "options": "-c synchronous_commit=off"})  # fmt: skip


def _prepared(connection: Any, record: Any) -> None:
    """As DBOS prepares its own connections, in WAL mode, in which readers and the writer do not wait for each other."""
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"pragma busy_timeout = {int(BUSY_S * 1000)}")
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma foreign_keys = on")
    if sqlite3.sqlite_version_info < SUBSECONDS:
        connection.create_function("unixepoch", 1, _unixepoch)


def _unixepoch(modifier: str) -> float | None:
    return round(time.time(), 3) if modifier == "subsec" else None
