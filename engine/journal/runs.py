"""The runs in the journal."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from sqlalchemy import RowMapping, select

from engine.journal.journal import Journal, replace_row
from engine.journal.records import RunRecord, RunStatus, instant
from engine.journal.tables import runs


def begin_run(journal: Journal, record: RunRecord) -> None:
    """Write down that a run begins.

    Raises:
        ConnectorProblem: IR596, here and in every function, where the journal cannot be used.
    """
    row = {**asdict(record), "tenant": journal.tenant, "started_at": record.started_at or instant()}
    with journal.writing() as connection:
        replace_row(connection, runs, row)


def end_run(journal: Journal, run_id: str, status: RunStatus, *, error: str | None = None) -> None:
    """Write down how a run ended."""
    found = (runs.c.tenant == journal.tenant) & (runs.c.run_id == run_id)
    with journal.writing() as connection:
        connection.execute(runs.update().where(found).values(status=status, error=error, finished_at=instant()))


def find_run(journal: Journal, run_id: str) -> RunRecord | None:
    """The run with this id, or None."""
    found = (runs.c.tenant == journal.tenant) & (runs.c.run_id == run_id)
    with journal.writing() as connection:
        row = connection.execute(select(runs).where(found)).mappings().first()
    return None if row is None else _record(row)


def _record(row: RowMapping) -> RunRecord:
    known = cast("dict[str, Any]", {name: value for name, value in row.items() if name != "tenant"})
    return RunRecord(**known)
