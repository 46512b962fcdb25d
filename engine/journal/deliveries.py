"""The ledger of deliveries: what is about to be delivered, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from engine.fields import fields_of
from engine.journal.notes import Notes, note_row
from engine.journal.records import LedgerEntry, instant

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from engine.journal.journal import Journal


def note_delivery(journal: Notes, entry: LedgerEntry) -> None:
    """Write down what stands of a delivery now, in place of what stood before; one that is pending begins now.

    Raises:
        ConnectorProblem: IR596, here and in every function, where the journal cannot be used.
    """
    now = instant()
    ends = None if entry.status == "pending" else now
    row = {**fields_of(entry), "started_at": entry.started_at or now, "finished_at": ends}
    with journal.noting() as execute:
        note_row(execute, "weirflow_deliveries", {**row, "tenant": journal.tenant})


def deliveries_of(journal: Journal, run_ids: Sequence[str]) -> dict[str, list[LedgerEntry]]:
    """The deliveries of each of the runs, in the order in which they began."""
    from sqlalchemy import select

    from engine.journal.tables import deliveries

    found: dict[str, list[LedgerEntry]] = {each: [] for each in run_ids}
    wanted = (deliveries.c.tenant == journal.tenant) & deliveries.c.run_id.in_(run_ids)
    with journal.looking() as connection:
        for row in connection.execute(select(deliveries).where(wanted).order_by(deliveries.c.started_at)).mappings():
            entry = _entry(row)
            found[entry.run_id].append(entry)
    return found


def _entry(row: RowMapping) -> LedgerEntry:
    known = cast("dict[str, Any]", {name: value for name, value in row.items() if name != "tenant"})
    return LedgerEntry(**known)
