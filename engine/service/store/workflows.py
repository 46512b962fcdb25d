"""The workflows of a service."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, RowMapping, select

from engine.journal.journal import Journal, replace_row
from engine.journal.migrations import alone
from engine.journal.records import instant, without_nul
from engine.journal.tables import workflows
from engine.service.registering import register
from engine.service.store.switches import forget_switch, is_switched_off
from ir.document import Document
from ir.loading import loads
from ir.model.workflow import Workflow
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWorkflow:
    """One workflow as it stands; see engine.journal.tables."""

    workflow: str
    version: int
    document: str
    document_sha256: str
    syntax: str
    file: str | None
    base: str
    goal: str
    enabled: bool
    changed_by: str
    created_at: str
    changed_at: str

    @property
    def shown_file(self) -> str:
        """Where diagnostics say that a place of it is."""
        return self.file or f"{self.workflow}.{self.syntax}"

    def loaded(self) -> Document:
        """The document with its positions."""
        return loads(self.document, file=self.shown_file, syntax="json" if self.syntax == "json" else "yaml")


def put_workflow(journal: Journal, name: str, *, text: str, syntax: str, model: Workflow, base: Path, file: str | None,
                 changed_by: str, now: str | None = None,
                 check: Callable[[StoredWorkflow | None], None] | None = None) -> StoredWorkflow:  # fmt: skip
    """Store a workflow that was checked, in place of the one of that name; the same text changes nothing.

    Its schedule and its webhook are registered in the same transaction. `check` is given the one that stands, while
    nobody else can change it, and raises where that is not to be replaced.
    """
    now = now or instant()
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    with journal.writing() as connection:
        alone(connection)
        old = _find(connection, journal.tenant, name)
        if check is not None:
            check(old)
        if old is not None and (old.document_sha256, old.file, old.base) == (sha256, file, str(base)):
            return old
        new = StoredWorkflow(
            workflow=name, version=1 if old is None else old.version + 1, document=text, document_sha256=sha256,
            syntax=syntax, file=file, base=str(base), goal=without_nul(model.goal),
            enabled=not is_switched_off(connection, journal.tenant, name), changed_by=changed_by,
            created_at=now if old is None else old.created_at, changed_at=now,
        )  # fmt: skip
        replace_row(connection, workflows, {**_row(new), "tenant": journal.tenant})
        register(connection, journal.tenant, name, model, now=now)
    return new


def find_workflow(journal: Journal, name: str) -> StoredWorkflow | None:
    """The workflow of that name; None where there is none."""
    with journal.looking() as connection:
        return _find(connection, journal.tenant, name)


def list_workflows(journal: Journal) -> list[StoredWorkflow]:
    """All of them by their names."""
    with journal.looking() as connection:
        asked = select(workflows).where(workflows.c.tenant == journal.tenant).order_by(workflows.c.workflow)
        return [_stored(row) for row in connection.execute(asked).mappings()]


def workflow_names(journal: Journal) -> list[str]:
    """The names of all of them."""
    with journal.looking() as connection:
        asked = select(workflows.c.workflow).where(workflows.c.tenant == journal.tenant)
        return list(connection.execute(asked.order_by(workflows.c.workflow)).scalars())


def workflows_of(connection: Connection, tenant: str, names: Collection[str]) -> dict[str, StoredWorkflow]:
    """Those of the names that there are, in the transaction that is open."""
    asked = select(workflows).where((workflows.c.tenant == tenant) & workflows.c.workflow.in_(names))
    return {row["workflow"]: _stored(row) for row in connection.execute(asked).mappings()}


def workflow_files(journal: Journal, *, below: str) -> list[Path]:
    """The files of a folder that workflows are read from."""
    found = (workflows.c.tenant == journal.tenant) & workflows.c.file.startswith(below, autoescape=True)
    with journal.looking() as connection:
        return [Path(str(each)) for each in connection.execute(select(workflows.c.file).where(found)).scalars()]


def forget_workflow(journal: Journal, name: str, *, is_for_good: bool = False) -> bool:
    """Take a workflow out, with its schedule and webhook; what it ran stays. False where there is none.

    Unless it `is_for_good`, one that was switched off is so again when it comes back.
    """
    with journal.writing() as connection:
        found = (workflows.c.tenant == journal.tenant) & (workflows.c.workflow == name)
        gone = connection.execute(workflows.delete().where(found)).rowcount
        register(connection, journal.tenant, name, None, now=instant())
        if is_for_good:
            forget_switch(connection, journal.tenant, name)
    return bool(gone)


def _find(connection: Connection, tenant: str, name: str) -> StoredWorkflow | None:
    asked = select(workflows).where((workflows.c.tenant == tenant) & (workflows.c.workflow == name))
    row = connection.execute(asked).mappings().first()
    return None if row is None else _stored(row)


def _stored(row: RowMapping) -> StoredWorkflow:
    known = cast("dict[str, Any]", {name: value for name, value in row.items() if name != "tenant"})
    return StoredWorkflow(**{**known, "enabled": bool(known["enabled"])})


def _row(stored: StoredWorkflow) -> dict[str, Any]:
    found = {name: getattr(stored, name) for name in StoredWorkflow.__dataclass_fields__}
    return {**found, "enabled": int(stored.enabled)}
