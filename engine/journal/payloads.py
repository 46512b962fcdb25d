"""The payloads that runs were begun with, in the journal: a run that is gone on with reads the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from engine.journal.journal import insert_new
from engine.journal.tables import payloads
from engine.payloads import Payloads

if TYPE_CHECKING:
    from engine.journal.journal import Journal


def save_payloads(connection: Connection, tenant: str, run_id: str, bodies: Mapping[str, bytes]) -> None:
    """Write down what the webhook sources of a run read, {source: JSON lines}; what stands there already stays."""
    for source, body in bodies.items():
        insert_new(connection, payloads, {"tenant": tenant, "run_id": run_id, "source": source, "body": body})


def stored_payloads(journal: Journal, run_id: str) -> Payloads | None:
    """What the webhook of a run reads; None where it was begun without a request."""
    of_run = (payloads.c.tenant == journal.tenant) & (payloads.c.run_id == run_id)
    with journal.looking() as connection:
        body = connection.execute(select(payloads.c.body).where(of_run)).scalars().first()
    return None if body is None else Payloads.of_body(body)
