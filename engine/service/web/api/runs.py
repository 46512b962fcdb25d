"""The runs of the service."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from engine.service.asking import ask
from engine.service.store.starts import Start, find_start
from engine.service.web.api.workflows import workflow_of
from engine.service.web.routes import Call, Refused, Route, as_json


class RunWanted(BaseModel):
    """A run that is asked for."""

    model_config = ConfigDict(extra="forbid")

    workflow: str = Field(description="The workflow's name.")
    inputs: dict[str, Any] = Field(default_factory=dict, description="Its runtime inputs.")
    idempotency_key: str | None = Field(None, description="A second request with the same key gives the same run.")


def _begin(call: Call) -> Response:
    wanted: RunWanted = call.taken
    start = ask(call.context, workflow_of(call, wanted.workflow), cause="manual", asked_by=call.who,
                inputs=wanted.inputs, idempotency_key=wanted.idempotency_key)  # fmt: skip
    return as_json(_shown(start), 202)


def _show(call: Call) -> Response:
    found = find_start(call.context.journal, call.path["run_id"])
    if found is None:
        raise Refused(404, f'there is no run "{call.path["run_id"]}"')
    return as_json(_shown(found))


def _shown(start: Start) -> dict[str, Any]:
    return {name: value for name, value in asdict(start).items() if name not in {"document"}}


ROUTES = (
    Route(method="POST", path="/api/runs", scope="run", answer=_begin, summary="Start a run", takes=RunWanted,
          status=202),
    Route(method="GET", path="/api/runs/{run_id}", scope="read", answer=_show, summary="A run"),
)  # fmt: skip
