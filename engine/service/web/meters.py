"""Numbers for Prometheus: of this process what it answered, of the journal how its runs stand.

No name that somebody has chosen is a label, so that there are never more series than are listed here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Table, func, select
from starlette.types import Scope

from engine.journal.journal import Journal
from engine.journal.tables import deliveries, inbox, letters, schedules, spending, starts, workers, workflows
from engine.service.retention.pruner import KINDS

KEPT_S = 5.0
"""So old the journal's numbers may be: whoever asks often costs it nothing."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)


Family = GaugeMetricFamily | CounterMetricFamily
Outcome = Literal["accepted", "repeated", "ignored", "refused"]


class Meters:
    """The numbers of one process."""

    def __init__(self, journal: Journal, pruned: Mapping[str, int] | None = None) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "weirflow_requests", "Requests that were answered, by route.", ["method", "route", "status"],
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "weirflow_request_seconds", "How long answers took.", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self._webhooks = Counter(
            "weirflow_webhook_requests", "Requests to webhooks, by what became of them and how they were answered.",
            ["outcome", "status"], registry=self._registry,
        )  # fmt: skip
        self._registry.register(_OfJournal(journal))
        self._registry.register(_Pruned(pruned or {}))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def note(self, scope: Scope, *, status: int, seconds: float) -> None:
        """Count one request by the pattern of its path; what no route answers is one together."""
        route = scope.get("state", {}).get("route", "none")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def note_webhook(self, outcome: Outcome, status: int) -> None:
        """Count one request to a webhook; the statuses are those of HTTP, whatever a workflow answers."""
        self._webhooks.labels(outcome, str(status)).inc()

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)


class _Pruned(Collector):
    """What this process has removed for its age."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def describe(self) -> list[CounterMetricFamily]:
        return []

    def collect(self) -> Iterator[CounterMetricFamily]:
        found = CounterMetricFamily("weirflow_pruned", "What was removed for its age, by its kind.", labels=["kind"])
        for kind in KINDS:
            found.add_metric([kind], self._counts.get(kind, 0))
        yield found


class _OfJournal(Collector):
    """Asked anew whenever somebody looks."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._kept: tuple[float, list[Family]] | None = None

    def describe(self) -> list[GaugeMetricFamily]:
        return []  # so that nothing is asked before somebody looks

    def collect(self) -> Iterator[Family]:
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > KEPT_S:
                with self._journal.looking() as connection:
                    self._kept = (time.monotonic(), list(_families(connection, self._journal.tenant)))
            yield from self._kept[1]


def _families(connection: Connection, tenant: str) -> Iterator[Family]:
    runs = GaugeMetricFamily("weirflow_runs", "Runs that were asked for, by how they stand.", labels=["status"])
    counted = _by_status(connection, starts, tenant)
    for word in ("queued", "running", "done", "failed", "cancelled"):
        runs.add_metric([word], counted.get(word, 0))
    yield runs
    yield _gauge("weirflow_queue_oldest_seconds", "How long the run waits that waits longest.",
                 _oldest(connection, tenant))  # fmt: skip
    made = GaugeMetricFamily("weirflow_deliveries", "Deliveries, by what became of them.", labels=["status"])
    counted = _by_status(connection, deliveries, tenant)
    for word in ("pending", "delivered", "failed", "uncertain"):
        made.add_metric([word], counted.get(word, 0))
    yield made
    rejected = connection.execute(select(func.sum(letters.c.rows)).where(letters.c.tenant == tenant)).scalar()
    yield _gauge("weirflow_dead_letters", "Rows that runs rejected.", rejected)
    yield from _of_models(connection, tenant)
    waiting = (inbox.c.tenant == tenant) & inbox.c.run_id.is_(None)
    yield _gauge("weirflow_events_waiting", "Events of webhooks that no run has taken yet.",
                 connection.execute(select(func.count()).select_from(inbox).where(waiting)).scalar())  # fmt: skip
    alive = (workers.c.tenant == tenant) & (workers.c.status != "gone")
    count, slots = connection.execute(select(func.count(), func.sum(workers.c.slots)).where(alive)).one()
    yield _gauge("weirflow_workers", "Processes that carry runs out.", count)
    yield _gauge("weirflow_worker_slots", "Runs that they carry out at once.", slots)
    for table, name, about in ((workflows, "weirflow_workflows", "Workflows."),
                               (schedules, "weirflow_schedules", "Schedules.")):  # fmt: skip
        asked = select(func.count()).select_from(table).where(table.c.tenant == tenant)
        yield _gauge(name, about, connection.execute(asked).scalar())


def _of_models(connection: Connection, tenant: str) -> Iterator[CounterMetricFamily]:
    columns = (spending.c.calls, spending.c.tokens_in, spending.c.tokens_out, spending.c.micros)
    asked = select(*map(func.sum, columns)).where(spending.c.tenant == tenant)
    calls, tokens_in, tokens_out, micros = (int(each or 0) for each in connection.execute(asked).one())
    yield CounterMetricFamily("weirflow_model_calls", "Calls of models.", value=calls)
    tokens = CounterMetricFamily("weirflow_model_tokens", "Tokens that models took.", labels=["direction"])
    tokens.add_metric(["in"], tokens_in)
    tokens.add_metric(["out"], tokens_out)
    yield tokens
    yield CounterMetricFamily("weirflow_model_cost", "What they cost, where prices are known.", value=micros / 1e6)


def _by_status(connection: Connection, table: Table, tenant: str) -> dict[str, int]:
    asked = select(table.c.status.label("word"), func.count().label("number")).where(table.c.tenant == tenant)
    return {each.word: each.number for each in connection.execute(asked.group_by(table.c.status))}


def _oldest(connection: Connection, tenant: str) -> float:
    waits = (starts.c.tenant == tenant) & (starts.c.status == "queued")
    since = connection.execute(select(func.min(starts.c.asked_at)).where(waits)).scalar()
    return 0.0 if since is None else max((datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds(), 0.0)


def _gauge(name: str, about: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=float(value or 0))
