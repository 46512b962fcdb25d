"""The runs in the journal. What asks for them loads SQLAlchemy; what a run notes of itself does not."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from connectors.problem import ConnectorProblem
from engine.fields import fields_of
from engine.journal.notes import Notes, note_new, note_row
from engine.journal.records import LAST, RunRecord, RunStatus, instant

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, RowMapping

    from engine.journal.journal import Journal

_OPEN = ("queued", "running")
_NAMED = "select 1 from weirflow_runs where tenant = ? and run_id = ?"
_BEGIN_AGAIN = """
    update weirflow_runs
    set status = 'running', attempts = ?, folder = ?, host = ?, pid = ?, error = null, cancel_asked_at = null,
        finished_at = null
    where tenant = ? and run_id = ? and attempts = ? and status = ?"""
_END = """
    update weirflow_runs set status = ?, error = ?, finished_at = ?, receipt = coalesce(?, receipt)
    where tenant = ? and run_id = ?"""


def begin_run(journal: Notes, record: RunRecord, payloads: Mapping[str, bytes] | None = None) -> None:
    """Write down that a run begins, and the `payloads` of its webhook, {source: JSON lines}.

    Raises:
        ConnectorProblem: IR596, here and in every function, where the journal cannot be used; IR710 where another run
            has its name, whose entries and messages would be taken for its own.
    """
    row = {**fields_of(record), "tenant": journal.tenant, "started_at": record.started_at or instant()}
    with journal.noting(may_be_lost=True) as execute:
        if execute(_NAMED, (journal.tenant, record.run_id)).fetchone() is not None:
            raise ConnectorProblem("IR710", f"another run is called {record.run_id}",
                                   hint="begin it once more: names are drawn by chance")  # fmt: skip
        note_row(execute, "weirflow_runs", row)
        for source, body in (payloads or {}).items():
            given = {"tenant": journal.tenant, "run_id": record.run_id, "source": source, "body": body}
            note_new(execute, "weirflow_payloads", given)


def begin_again(journal: Notes, record: RunRecord, *, folder: str, host: str, pid: int) -> None:
    """Write down that one more attempt at a run begins, which stands as `record` says, and where its folder is.

    Raises:
        ConnectorProblem: IR710 where somebody else began one in the meantime.
    """
    stands = (journal.tenant, record.run_id, record.attempts, record.status)
    with journal.noting() as execute:
        changed = execute(_BEGIN_AGAIN, (record.attempts + 1, folder, host, pid, *stands)).rowcount
    if changed != 1:
        raise ConnectorProblem("IR710", f"somebody else has gone on with the run {record.run_id} meanwhile")


def end_run(journal: Notes, run_id: str, status: RunStatus, *, error: str | None = None,
            receipt: str | None = None) -> None:  # fmt: skip
    """Write down how a run ended, and with `receipt` what it read and made."""
    with journal.noting() as execute:
        execute(_END, (status, error, instant(), receipt, journal.tenant, run_id))


def find_run(journal: Journal, run_id: str) -> RunRecord | None:
    """The run with this id, or the latest where it says `last`; None where there is none."""
    from sqlalchemy import select

    from engine.journal.tables import runs

    if run_id == LAST:
        return next(iter(list_runs(journal, limit=1)), None)
    with journal.looking() as connection:
        row = connection.execute(select(runs).where(_run(journal, run_id))).mappings().first()
    return None if row is None else _record(row)


def list_runs(journal: Journal, *, workflow: str | None = None, status: str | None = None,
              before: str | None = None, limit: int | None = None) -> list[RunRecord]:  # fmt: skip
    """The runs, the latest first: of one workflow, of one status, begun before an instant, at most so many."""
    from sqlalchemy import select

    from engine.journal.tables import runs

    asked = select(runs).where(runs.c.tenant == journal.tenant).order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    if workflow is not None:
        asked = asked.where(runs.c.workflow == workflow)
    if status is not None:
        asked = asked.where(runs.c.status == status)
    if before is not None:
        asked = asked.where(runs.c.started_at < before)
    with journal.looking() as connection:
        return [_record(row) for row in connection.execute(asked.limit(limit)).mappings()]


def ask_to_cancel(journal: Journal, run_id: str) -> None:
    """Let the run find, when it looks next, that somebody wants it to stop."""
    from engine.journal.tables import runs

    with journal.writing() as connection:
        connection.execute(runs.update().where(_run(journal, run_id)).values(cancel_asked_at=instant()))


def asked_to_cancel(journal: Journal, run_ids: Collection[str]) -> set[str]:
    """Those of the runs that somebody wants to stop."""
    from sqlalchemy import select

    from engine.journal.tables import runs

    found = (runs.c.tenant == journal.tenant) & runs.c.run_id.in_(run_ids) & runs.c.cancel_asked_at.is_not(None)
    with journal.looking() as connection:
        return set(connection.execute(select(runs.c.run_id).where(found)).scalars())


def asked_for(journal: Journal) -> set[str]:
    """The runs that a service has still to carry out or go on with, and those whose dead letters such a run takes."""
    from sqlalchemy import select

    from engine.journal.tables import starts

    is_open = (starts.c.tenant == journal.tenant) & starts.c.status.in_(_OPEN)
    with journal.looking() as connection:
        found = connection.execute(select(starts.c.run_id, starts.c.cause, starts.c.about).where(is_open)).all()
    parents = {json.loads(each.about).get("run_id") for each in found if each.cause == "replay"}
    return {each.run_id for each in found} | parents


def has_open_runs(journal: Journal, workflow: str) -> bool:
    """Whether a service has still to carry out a run of this workflow, or does."""
    from sqlalchemy import select

    from engine.journal.tables import starts

    found = (starts.c.tenant == journal.tenant) & (starts.c.workflow == workflow) & starts.c.status.in_(_OPEN)
    with journal.looking() as connection:
        return connection.execute(select(starts.c.run_id).where(found).limit(1)).first() is not None


def forget_runs(journal: Journal, run_ids: Sequence[str], *, before: str) -> None:
    """Take runs out of the journal, with all that stands there of them but the cursors.

    What a service was asked for and ended before that instant goes as well where no run ever came of it.
    """
    from sqlalchemy import select

    from engine.journal.tables import deliveries, items, letters, logs, payloads, runs, starts, steps

    with journal.writing() as connection:
        for table in (steps, items, letters, deliveries, payloads, logs, starts, runs):
            found = (table.c.tenant == journal.tenant) & table.c.run_id.in_(run_ids)
            connection.execute(table.delete().where(found))
        mine = (starts.c.tenant == journal.tenant) & starts.c.status.not_in(_OPEN) & (starts.c.finished_at < before)
        begun = select(runs.c.run_id).where((runs.c.tenant == starts.c.tenant) & (runs.c.run_id == starts.c.run_id))
        connection.execute(starts.delete().where(mine & ~begun.exists()))


def _run(journal: Journal, run_id: str) -> ColumnElement[bool]:
    from engine.journal.tables import runs

    return (runs.c.tenant == journal.tenant) & (runs.c.run_id == run_id)


def _record(row: RowMapping) -> RunRecord:
    known = cast("dict[str, Any]", {name: value for name, value in row.items() if name != "tenant"})
    return RunRecord(**known)
