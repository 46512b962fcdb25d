"""What is noted of a workflow's webhook when the workflow is new, has changed or is gone."""

from __future__ import annotations

from sqlalchemy import Connection

from engine.service.store.hooks import register_hook
from ir.model.sources import WebhookSource
from ir.model.workflow import Workflow


def register(connection: Connection, tenant: str, name: str, model: Workflow | None, *, now: str) -> None:
    """Give a workflow with a webhook source its URL, and close that of one which has none any more."""
    found = [each for each in model.data_sources if isinstance(each, WebhookSource)] if model is not None else []
    register_hook(connection, tenant, name, found[0] if found else None, now=now)
