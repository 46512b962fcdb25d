"""What a service notes when a workflow is new, has changed or is gone: its schedule, its webhook."""

from __future__ import annotations

from importlib import import_module

from sqlalchemy import Connection

from ir.model.workflow import Workflow

REGISTRARS: tuple[str, ...] = ("engine.service.schedules.registrar", "engine.service.webhooks.registering")
"""Modules with `register(connection, tenant, name, model, *, now)`; `model` is None for a workflow that is gone."""


def register(connection: Connection, tenant: str, name: str, model: Workflow | None, *, now: str) -> None:
    """Have every registrar note the workflow, in the transaction that is open."""
    for each in REGISTRARS:
        import_module(each).register(connection, tenant, name, model, now=now)
