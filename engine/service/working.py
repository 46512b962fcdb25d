"""The part of a service that carries runs out: it takes them from the queue and hands them to processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.service.context import Context
from engine.service.runners.pool import Interrupted, RunnerPool
from engine.service.store.starts import end_start, find_start, take_start

LEASE_S = 15.0


class Worker:
    """One process' share of the runs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pool = RunnerPool(context.settings, context.journal)

    def start(self) -> None:
        if self._context.settings.slots:
            self._pool.warm()
            self._context.dispatcher.work(self._carry_out, slots=self._context.settings.slots)

    def stop(self, within_s: float) -> None:
        self._context.dispatcher.rest(within_s)
        self._pool.close()

    def _carry_out(self, run_id: str) -> None:
        journal = self._context.journal
        seen = find_start(journal, run_id)
        if seen is None or seen.status not in {"queued", "running"}:
            return
        until = (datetime.now(UTC) + timedelta(seconds=LEASE_S)).isoformat(timespec="microseconds")
        start = take_start(journal, run_id, attempt=seen.attempt, worker=self._context.worker, lease_until=until)
        if start is None:
            return
        try:
            outcome = self._pool.carry_out(start, tenant=journal.tenant)
        except Interrupted:
            return
        end_start(journal, start, outcome.status, error=outcome.error)
