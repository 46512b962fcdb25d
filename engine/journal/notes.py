"""What a run writes down of itself: few statements, the same text for every journal."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from connectors.home import home
from engine.journal.records import DEFAULT_TENANT

VARIABLE = "WEIRFLOW_JOURNAL"
FILE = "journal.db"
VERSION = 7
"""Of the journal that this weirflow knows; `engine.journal.migrations` makes it."""
BUSY_S = 30.0
"""How long a run waits for another one that writes; each holds the lock for milliseconds."""

Execute = Callable[[str, Sequence[object]], "Answer"]
"""Executes a statement with the values for its question marks."""


class Answer(Protocol):
    """What a driver says of a statement."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...


class Notes(Protocol):
    """A journal as a run sees it."""

    tenant: str

    def noting(self, *, may_be_lost: bool = False) -> AbstractContextManager[Execute]:
        """One transaction; one that `may_be_lost` by a power cut waits for no disk.

        Raises:
            ConnectorProblem: IR596 where the journal cannot be used, IR712 where the run was taken over.
        """
        ...

    def close(self) -> None: ...


def own_file() -> Path | None:
    """The journal's file in the home; None where WEIRFLOW_JOURNAL names another place."""
    return None if os.environ.get(VARIABLE) else home() / FILE


def open_notes(*, tenant: str = DEFAULT_TENANT) -> Notes:
    """The journal that a run of this process writes to. A file in the home needs no SQLAlchemy once it is there.

    Raises:
        ConnectorProblem: IR596 where it cannot be used.
    """
    file = own_file()
    if file is not None:
        from engine.journal.plain import FileNotes

        notes = FileNotes.opened(file, tenant=tenant)
        if notes is not None:
            return notes
    from engine.journal.journal import Journal

    with Journal(tenant=tenant) as journal:
        with journal.looking():
            pass  # its tables are those of this version now
        notes = None if file is None else FileNotes.opened(file, tenant=tenant)
    return notes or Journal(tenant=tenant)


def needs_loading() -> bool:
    """Whether SQLAlchemy, a quarter of a second, is to be loaded before the journal can be opened."""
    file = own_file()
    return (file is None or not file.exists()) and "engine.journal.journal" not in sys.modules


def version_in(connection: sqlite3.Connection) -> int:
    """The version of a journal in a file; 0 where nothing was made yet."""
    try:
        found = connection.execute("select max(version) from weirflow_versions").fetchone()[0]
    except sqlite3.OperationalError:  # no such table
        return 0
    return found or 0


_KEYS = {
    "weirflow_runs": ("tenant", "run_id"),
    "weirflow_deliveries": ("tenant", "run_id", "delivery"),
    "weirflow_steps": ("tenant", "run_id", "step"),
    "weirflow_letters": ("tenant", "run_id", "step", "rule"),
    "weirflow_limits": ("tenant", "bucket"),
    "weirflow_payloads": ("tenant", "run_id", "source"),
}


def note_row(execute: Execute, table: str, row: Mapping[str, object]) -> None:
    """Write the row, in place of the one with its key where there is one."""
    execute(_replacing(table, tuple(row)), tuple(row.values()))


def note_new(execute: Execute, table: str, row: Mapping[str, object]) -> None:
    """Write the row, unless one with its key stands."""
    execute(f"{_inserting(table, tuple(row))} on conflict do nothing", tuple(row.values()))


@cache
def _replacing(table: str, names: tuple[str, ...]) -> str:
    key = _KEYS[table]
    changes = ", ".join(f"{each} = excluded.{each}" for each in names if each not in key)
    return f"{_inserting(table, names)} on conflict ({', '.join(key)}) do update set {changes}"


@cache
def _inserting(table: str, names: tuple[str, ...]) -> str:
    return f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})"
