"""Whether the service is well, its numbers, and the description of its API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import Field
from sqlalchemy import func, select
from starlette.responses import Response

from connectors.problem import ConnectorProblem
from engine.journal.tables import workers
from engine.service.store.workers import list_workers
from engine.service.views.view import View
from engine.service.web.routes import Call, Route, all_routes, as_json


class Health(View):
    """Whether the service is well."""

    status: Literal["ok", "failing"]
    journal: bool = Field(description="Whether the journal can be reached.")
    workers: int | None = Field(description="Processes that carry runs out; null where nobody can tell.")


class WorkerView(View):
    """A process that carries runs out."""

    worker: str
    host: str
    pid: int
    slots: int = Field(description="So many runs at once.")
    status: str = Field(description="working, draining or gone.")
    started_at: str
    seen_at: str


class WorkerList(View):
    """The processes that carry runs out, the latest first; who has been gone for a day is forgotten."""

    workers: list[WorkerView]


def _workers(call: Call) -> Response:
    return as_json(WorkerList(workers=[WorkerView(**asdict(each)) for each in list_workers(call.context.journal)]))


def _health(call: Call) -> Response:
    try:
        with call.context.journal.looking() as connection:
            alive = (workers.c.tenant == call.context.tenant) & (workers.c.status != "gone")
            count = connection.execute(select(func.count()).select_from(workers).where(alive)).scalar()
    except ConnectorProblem:
        return as_json(Health(status="failing", journal=False, workers=None), 503)
    return as_json(Health(status="ok", journal=True, workers=count))


def _metrics(call: Call) -> Response:
    text = call.request.app.state.meters.text()
    return Response(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def _description(call: Call) -> Response:
    from engine.service.web.description import described

    return as_json(described(all_routes()))


ROUTES = (
    Route(method="GET", path="/healthz", scope=None, answer=_health, summary="Whether the service is well",
          gives=Health),
    Route(method="GET", path="/api/workers", scope="read", answer=_workers, summary="The processes that carry runs out",
          gives=WorkerList),
    Route(method="GET", path="/metrics", scope="read", answer=_metrics, summary="Numbers for Prometheus",
          media="text/plain"),
    Route(method="GET", path="/api/openapi.json", scope=None, answer=_description,
          summary="This description of the API"),
)  # fmt: skip
