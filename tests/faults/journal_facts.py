"""What a journal says, read by somebody else than the program that wrote it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path


def asked(home: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Rows of the journal; none where it is not there, or not yet made."""
    file = home / "journal.db"
    if not file.exists():
        return []
    with closing(sqlite3.connect(file)) as connection:
        try:
            return connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def last_run(home: Path) -> tuple[str, str] | None:
    """The id of the run that began last, and its status."""
    found = asked(home, "select run_id, status from weirflow_runs order by started_at desc limit 1")
    return (str(found[0][0]), str(found[0][1])) if found else None


def delivered(home: Path) -> Sequence[str]:
    """The deliveries that the journal knows to be made."""
    return [str(name) for (name,) in asked(home, "select delivery from weirflow_deliveries where status = 'delivered'")]


def is_uncertain(home: Path) -> bool:
    """Whether there is a message of which nobody knows whether it went out."""
    return bool(asked(home, "select 1 from weirflow_items where status = 'uncertain'"))
