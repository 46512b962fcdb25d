"""What runs told while they ran."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from engine.fields import fields_of
from engine.journal.journal import Journal, insert_many
from engine.journal.tables import logs
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One event of a run; see engine.journal.tables."""

    tenant: str
    run_id: str
    attempt: int
    number: int
    at: str
    kind: str
    step: str
    rows: int
    seconds: str
    status: str
    text: str


def add_lines(journal: Journal, lines: Sequence[LogLine]) -> None:
    """Write lines, of any runs, in one transaction that waits for no disk; one that stands there is left as it is."""
    if lines:
        with journal.counting() as connection:
            insert_lines(connection, lines)


def insert_lines(connection: Connection, lines: Sequence[LogLine]) -> None:
    """The same in the transaction that is open."""
    if lines:
        insert_many(connection, logs, [fields_of(each) for each in lines])
