"""The addresses that events are sent to, and the last events."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy import RowMapping, func, select

from engine.journal.journal import Journal
from engine.journal.records import instant
from engine.journal.tables import hooks, inbox, workflows
from engine.service.views.view import View, parsed


class HookView(View):
    """The webhook of one workflow. Whoever knows its path may send events as far as its signature lets them, so the
    path is shown to keys that may edit only."""

    workflow: str
    path: str | None = Field(description="Its part of the URL; null for keys that may not edit.")
    former_until: str | None = Field(description="Until then the path before still counts; null once it does not.")
    enabled: bool = Field(description="Whether it takes events: not while its workflow is off or has no webhook.")
    created_at: str
    changed_at: str
    definition: dict[str, Any] = Field(description="As the workflow says it.")

    def without_path(self) -> HookView:
        return self.model_copy(update={"path": None})


class EventView(View):
    """One event that a webhook accepted."""

    number: int
    event: str = Field(description="Its id: a second delivery of it is no second event.")
    received_at: str
    bytes: int | None = Field(description="Of its body; null once a run has taken it, which keeps its rows.")
    about: dict[str, Any]
    run_id: str | None = Field(description="The run that takes it; null while none does.")


def hooks_by_workflow(journal: Journal, workflow: str | None = None) -> dict[str, HookView]:
    """The webhooks by the names of their workflows; of one workflow where it is named."""
    both = (hooks.c.tenant == workflows.c.tenant) & (hooks.c.workflow == workflows.c.workflow)
    asked = (
        select(*hooks.c, workflows.c.enabled.label("runs"))
        .select_from(hooks.outerjoin(workflows, both))
        .where(hooks.c.tenant == journal.tenant)
        .order_by(hooks.c.workflow)
    )
    if workflow is not None:
        asked = asked.where(hooks.c.workflow == workflow)
    with journal.looking() as connection:
        return {each["workflow"]: _view(each) for each in connection.execute(asked).mappings()}


def last_events(journal: Journal, workflow: str, *, limit: int = 20) -> list[EventView]:
    """The events that a workflow's webhook accepted, the latest first."""
    size = func.nullif(func.length(inbox.c.body), 0).label("bytes")
    shown = (inbox.c.number, inbox.c.event, inbox.c.received_at, size, inbox.c.about, inbox.c.run_id)
    own = (inbox.c.tenant == journal.tenant) & (inbox.c.workflow == workflow)
    asked = select(*shown).where(own).order_by(inbox.c.number.desc()).limit(limit)
    with journal.looking() as connection:
        return [EventView(**{**each, "about": parsed(each["about"])}) for each in connection.execute(asked).mappings()]


def _view(row: RowMapping) -> HookView:
    until = row["former_until"]
    return HookView(
        workflow=row["workflow"], path=f"/webhooks/{row['workflow']}/{row['hook']}",
        former_until=until if until and until > instant() else None,
        enabled=bool(row["enabled"] and row["runs"]), created_at=row["created_at"], changed_at=row["changed_at"],
        definition=parsed(row["definition"]),
    )  # fmt: skip
