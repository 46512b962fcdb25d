"""The addresses that events are sent to: one a workflow with a webhook source."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from engine.journal.journal import Journal, insert_new
from engine.journal.records import instant
from engine.journal.tables import hooks, workflows
from ir.model.sources import WebhookSource
from ir.records import dataclass

FOLDER = "/webhooks"
_BYTES = 24
"""Of chance in a URL: 192 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One address; see engine.journal.tables. It is open while its workflow stands and is enabled."""

    workflow: str
    hook: str
    former: str | None
    former_until: str | None
    is_open: bool
    base: str
    """The folder that relative files of its secrets start at."""
    created_at: str
    changed_at: str
    workflow_changed_at: str

    @property
    def path(self) -> str:
        """The path of its URL."""
        return f"{FOLDER}/{self.workflow}/{self.hook}"

    def is_former(self, written: str, now: str) -> bool:
        """Whether what stands in a URL is the address before this one, and that still counts."""
        return written == self.former and self.former_until is not None and now < self.former_until


def register_hook(
    connection: Connection, tenant: str, workflow: str, source: WebhookSource | None, *, now: str
) -> None:
    """Note the webhook of a workflow, which keeps its URL; None closes the one that it had.

    A closed one opens again under its URL: an editor that saves a file takes it away for a moment.
    """
    ours = (hooks.c.tenant == tenant) & (hooks.c.workflow == workflow)
    if source is None:
        connection.execute(hooks.update().where(ours & (hooks.c.enabled == 1)).values(enabled=0, changed_at=now))
        return
    written = {"alias": source.alias, "webhook_config": source.webhook_config.model_dump(mode="json")}
    values = {"definition": json.dumps(written), "enabled": 1, "changed_at": now}
    new = {"hook": secrets.token_urlsafe(_BYTES), "former": None, "former_until": None, "created_at": now}
    if not insert_new(connection, hooks, {"tenant": tenant, "workflow": workflow, **new, **values}):
        connection.execute(hooks.update().where(ours).values(**values))


def list_hooks(journal: Journal) -> list[Hook]:
    """All addresses, by their workflows; closed ones too."""
    with journal.looking() as connection:
        return [_hook(row) for row in connection.execute(_asked(journal.tenant)).mappings()]


def find_hook(journal: Journal, workflow: str) -> Hook | None:
    """The address of a workflow."""
    with journal.looking() as connection:
        row = connection.execute(_asked(journal.tenant).where(hooks.c.workflow == workflow)).mappings().first()
    return None if row is None else _hook(row)


def definitions_of(journal: Journal, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The definitions of these workflows' hooks."""
    asked = select(hooks.c.workflow, hooks.c.definition).where(
        (hooks.c.tenant == journal.tenant) & hooks.c.workflow.in_(list(names)))  # fmt: skip
    with journal.looking() as connection:
        return {row.workflow: json.loads(row.definition) for row in connection.execute(asked)}


def rotate_hook(journal: Journal, workflow: str, *, keep: timedelta) -> Hook | None:
    """Give a workflow a new address; the one before counts for so long. None where it has none."""
    now = datetime.now(UTC)
    until = (now + keep).isoformat(timespec="microseconds")
    ours = (hooks.c.tenant == journal.tenant) & (hooks.c.workflow == workflow)
    with journal.writing() as connection:
        values = {"former": hooks.c.hook, "former_until": until, "hook": secrets.token_urlsafe(_BYTES)}
        changed = connection.execute(hooks.update().where(ours).values(**values, changed_at=instant()))
    return find_hook(journal, workflow) if changed.rowcount else None


def _asked(tenant: str) -> Select[Any]:
    both = (hooks.c.tenant == workflows.c.tenant) & (hooks.c.workflow == workflows.c.workflow)
    seen = (each for each in hooks.c if each.name not in {"tenant", "definition"})
    told = (workflows.c.enabled.label("runs"), workflows.c.base, workflows.c.changed_at.label("workflow_changed_at"))
    return (
        select(*seen, *told)
        .select_from(hooks.outerjoin(workflows, both))
        .where(hooks.c.tenant == tenant)
        .order_by(hooks.c.workflow)
    )


def _hook(row: RowMapping) -> Hook:
    return Hook(
        workflow=row["workflow"], hook=row["hook"], former=row["former"], former_until=row["former_until"],
        is_open=bool(row["enabled"] and row["runs"]), base=row["base"] or ".", created_at=row["created_at"],
        changed_at=row["changed_at"], workflow_changed_at=row["workflow_changed_at"] or "",
    )  # fmt: skip
