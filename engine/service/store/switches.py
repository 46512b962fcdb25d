"""Workflows that are switched off: nothing begins a run of them until somebody switches them on."""

from __future__ import annotations

from sqlalchemy import Connection, select

from engine.journal.journal import Journal, replace_row
from engine.journal.migrations import alone
from engine.journal.records import instant
from engine.journal.tables import switches, workflows
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """Who has switched a workflow off, and when."""

    workflow: str
    changed_by: str
    changed_at: str


def switch(journal: Journal, name: str, *, is_on: bool, by: str) -> bool:
    """Switch a workflow on or off, which holds for its later versions as well; false where there is none.

    A second time changes nothing. One that is gone can still be switched on: it is when it is there again.
    """
    ours = (workflows.c.tenant == journal.tenant) & (workflows.c.workflow == name)
    with journal.writing() as connection:
        alone(connection)
        is_there = connection.execute(select(workflows.c.workflow).where(ours)).first() is not None
        was_off = is_switched_off(connection, journal.tenant, name)
        if is_on:
            forget_switch(connection, journal.tenant, name)
        elif is_there and not was_off:
            replace_row(connection, switches, {"tenant": journal.tenant, "workflow": name, "changed_by": by,
                                               "changed_at": instant()})  # fmt: skip
        connection.execute(workflows.update().where(ours).values(enabled=int(is_on)))
    return is_there or (is_on and was_off)


def is_switched_off(connection: Connection, tenant: str, name: str) -> bool:
    """Whether it is off, in the transaction that is open."""
    found = (switches.c.tenant == tenant) & (switches.c.workflow == name)
    return connection.execute(select(switches.c.workflow).where(found)).first() is not None


def forget_switch(connection: Connection, tenant: str, name: str) -> None:
    connection.execute(switches.delete().where((switches.c.tenant == tenant) & (switches.c.workflow == name)))


def switched_off(journal: Journal) -> dict[str, SwitchedOff]:
    """The workflows that are off, by their names."""
    asked = select(switches.c.workflow, switches.c.changed_by, switches.c.changed_at)
    with journal.looking() as connection:
        rows = connection.execute(asked.where(switches.c.tenant == journal.tenant).order_by(switches.c.workflow))
        return {row.workflow: SwitchedOff(workflow=row.workflow, changed_by=row.changed_by, changed_at=row.changed_at)
                for row in rows}  # fmt: skip
