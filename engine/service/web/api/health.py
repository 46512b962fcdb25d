"""Whether the service is well."""

from __future__ import annotations

from starlette.responses import Response

from engine.service.web.routes import Call, Route, as_json


def _health(call: Call) -> Response:
    return as_json({"status": "ok"})


ROUTES = (Route(method="GET", path="/healthz", scope=None, answer=_health, summary="Whether the service is well"),)
