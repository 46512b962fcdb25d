"""What is left of runs that were taken out of the journal: folders, and rows that are too many for one transaction.

A file in the home names them from before the runs are taken out until nothing is left, so that a process which is
killed between leaves nothing behind that nobody knows.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from sqlalchemy import Table, bindparam, select, text

from connectors.home import home
from engine.journal.journal import Journal
from engine.journal.tables import items, logs, runs, starts
from engine.run_folder import is_folder_of, lives, write_whole
from ir.records import dataclass

FOLDER = "pruning"
MOST_ROWS = 5000
"""Of one transaction."""
_MANY = (items, logs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """The folders of runs that were taken out, by their ids; `file` names them too."""

    folders: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    file: Path | None = None


def note_remains(folders: Mapping[str, Sequence[Path]]) -> Remains:
    """Write down what is about to be removed; on a disk that is full it is removed all the same."""
    if not folders:
        return Remains()
    file = home() / FOLDER / f"{secrets.token_hex(8)}.json"
    told = {run_id: [str(each) for each in found] for run_id, found in folders.items()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(told))
    except OSError:
        return Remains(folders=folders)
    return Remains(folders=folders, file=file)


def remains_before() -> Iterator[Remains]:
    """What processes that are gone have left to do."""
    for file in sorted((home() / FOLDER).glob("*.json")):
        with suppress(OSError, ValueError, AttributeError):
            told = json.loads(file.read_text(encoding="utf-8"))
            folders = {str(run_id): [Path(each) for each in found] for run_id, found in told.items()}
            yield Remains(folders=folders, file=file)


def clear(journal: Journal, remains: Remains, *, stopping: threading.Event) -> None:
    """Remove it, a few rows at once; what stands in the journal again stays."""
    known = _known(journal, list(remains.folders))
    gone = {run_id: folders for run_id, folders in remains.folders.items() if run_id not in known}
    for table in _MANY:
        while _some_rows(journal, table, list(gone)):
            if stopping.is_set():
                return
    for run_id, folders in gone.items():
        for folder in folders:
            if is_folder_of(run_id, folder) and not lives(folder):
                shutil.rmtree(folder, ignore_errors=True)
    if remains.file is not None:
        remains.file.unlink(missing_ok=True)


def _known(journal: Journal, run_ids: Sequence[str]) -> set[str]:
    """Those that the journal has: taking them out has failed."""
    found = set[str]()
    with journal.looking() as connection:
        for table in (runs, starts):
            ours = (table.c.tenant == journal.tenant) & table.c.run_id.in_(run_ids)
            found.update(connection.execute(select(table.c.run_id).where(ours)).scalars())
    return found


def _some_rows(journal: Journal, table: Table, run_ids: Sequence[str]) -> bool:
    """Remove some rows of the runs; whether there may be more."""
    with journal.counting() as connection:
        row = "ctid" if connection.dialect.name == "postgresql" else "rowid"
        some = f"select {row} from {table.name} where tenant = :tenant and run_id in :runs limit {MOST_ROWS}"
        deleting = text(f"delete from {table.name} where {row} in ({some})")
        found = connection.execute(
            deleting.bindparams(bindparam("runs", expanding=True)), {"tenant": journal.tenant, "runs": list(run_ids)}
        )
    return found.rowcount == MOST_ROWS
