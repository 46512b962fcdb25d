"""A run taken by a worker that wants this one and no other."""

from __future__ import annotations

from engine.journal.journal import Journal
from engine.service.store.leases import take_in
from engine.service.store.starts import Start


def take_start(journal: Journal, run_id: str, *, attempt: int, worker: str, lease_s: float) -> Start | None:
    """As `take_in`, in a transaction of its own."""
    with journal.counting() as connection:
        return take_in(connection, journal.tenant, run_id, attempt=attempt, worker=worker, lease_s=lease_s)
