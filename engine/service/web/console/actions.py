"""What the buttons of a run's page do."""

from __future__ import annotations

from starlette.responses import Response

from engine.service.web.acting import cancelled, replayed, resumed
from engine.service.web.console.runs import to_run
from engine.service.web.routes import Call, Route


def once(call: Call) -> str | None:
    """By what a form is known that a finger, too quick, has sent twice."""
    given = call.form.get("once", "")[:64]
    return f"console:{given}" if given else None


def _cancel(call: Call) -> Response:
    return to_run(cancelled(call, call.path["run_id"]).run_id, "cancelling")


def _resume(call: Call) -> Response:
    return to_run(resumed(call, call.path["run_id"]).run_id, "resumed")


def _replay(call: Call) -> Response:
    again = call.form.get("again") == "yes"
    row = replayed(call, call.path["run_id"], only=None, again=again, idempotency_key=once(call))
    return to_run(row.run_id, "replaying")


ROUTES = (
    Route(method="POST", path="/runs/{run_id}/cancel", scope="run", answer=_cancel, kind="page", media="text/html",
          summary="Cancel a run"),
    Route(method="POST", path="/runs/{run_id}/resume", scope="run", answer=_resume, kind="page", media="text/html",
          summary="Resume a run"),
    Route(method="POST", path="/runs/{run_id}/replay", scope="run", answer=_replay, kind="page", media="text/html",
          summary="Replay the dead letters of a run"),
)  # fmt: skip
