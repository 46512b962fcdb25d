"""The runs of the service."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from engine.service.asking import NORMAL
from engine.service.store.starts import Cause
from engine.service.views.letters import LetterPage, letter_page
from engine.service.views.logs import LogPage, log_page
from engine.service.views.run_rows import RunPage, RunRow, RunWord, run_page
from engine.service.views.runs import RunView, folder_of, run_view
from engine.service.web.acting import begun, cancelled, no_run, replayed, resumed, row_of
from engine.service.web.api.workflows import workflow_of
from engine.service.web.queries import Instant, NumberedPaging, Paging, Text
from engine.service.web.routes import Call, Route, as_json

IdempotencyKey = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


class RunWanted(BaseModel):
    """A run that is asked for."""

    model_config = ConfigDict(extra="forbid")

    workflow: Text = Field(description="The workflow's name.")
    inputs: dict[str, Any] = Field(default_factory=dict, description="Its runtime inputs.")
    idempotency_key: IdempotencyKey | None = Field(None, description="A second request with it gives the same run.")
    priority: int = Field(NORMAL, ge=1, le=1000, description="The smaller is first.")


class RunsAsked(Paging):
    """Which runs are listed."""

    workflow: Text | None = Field(None, description="Only runs of this workflow.")
    status: list[RunWord] = Field(default_factory=list, description="Only runs that stand so; may be repeated.")
    cause: list[Cause] = Field(default_factory=list, description="Only runs that began for this; may be repeated.")
    since: Instant | None = Field(None, description="Only runs that were asked for from this instant on (ISO 8601).")
    until: Instant | None = Field(None, description="Only runs that were asked for before this instant.")


def _begin(call: Call) -> Response:
    wanted: RunWanted = call.taken
    workflow = workflow_of(call, wanted.workflow)
    row = begun(call, workflow, wanted.inputs, idempotency_key=wanted.idempotency_key, priority=wanted.priority)
    return as_json(row, 202)


def _list(call: Call) -> Response:
    asked: RunsAsked = call.asked
    return as_json(run_page(
        call.context.journal, workflow=asked.workflow, statuses=asked.status, causes=asked.cause, since=asked.since,
        until=asked.until, limit=asked.limit, after=asked.after,
    ))  # fmt: skip


def _show(call: Call) -> Response:
    found = run_view(call.context.journal, run_id_of(call))
    if found is None:
        raise no_run(run_id_of(call))
    return as_json(found)


def _logs(call: Call) -> Response:
    asked: Paging = call.asked
    row_of(call, run_id_of(call))
    return as_json(log_page(call.context.journal, run_id_of(call), limit=asked.limit, after=asked.after))


def _letters(call: Call) -> Response:
    asked: NumberedPaging = call.asked
    row_of(call, run_id_of(call))
    folder = folder_of(call.context.journal, run_id_of(call))
    if folder is None:
        return as_json(LetterPage(letters=[], count=0, next=None))
    return as_json(letter_page(call.context.journal, run_id_of(call), folder, limit=asked.limit, after=asked.after))


def run_id_of(call: Call) -> str:
    return call.path["run_id"]


class ReplayWanted(BaseModel):
    """A replay that is asked for."""

    model_config = ConfigDict(extra="forbid")

    only: str | None = Field(None, max_length=500, description="Only those rejected by this rule or for this column.")
    again: bool = Field(False, description="Also those that were replayed before.")
    idempotency_key: IdempotencyKey | None = Field(None, description="A second request with it gives the same run.")


def _cancel(call: Call) -> Response:
    return as_json(cancelled(call, run_id_of(call)), 202)


def _resume(call: Call) -> Response:
    return as_json(resumed(call, run_id_of(call)), 202)


def _replay(call: Call) -> Response:
    wanted: ReplayWanted = call.taken
    row = replayed(call, run_id_of(call), only=wanted.only, again=wanted.again, idempotency_key=wanted.idempotency_key)
    return as_json(row, 202)


ROUTES = (
    Route(method="POST", path="/api/runs", scope="run", answer=_begin, summary="Start a run", takes=RunWanted,
          gives=RunRow, status=202),
    Route(method="GET", path="/api/runs", scope="read", answer=_list, summary="The runs, the latest first",
          asks=RunsAsked, gives=RunPage),
    Route(method="POST", path="/api/runs/{run_id}/cancel", scope="run", answer=_cancel, summary="Stop a run",
          gives=RunRow, status=202),
    Route(method="POST", path="/api/runs/{run_id}/resume", scope="run", answer=_resume,
          summary="Let a run go on that failed or was cancelled", gives=RunRow, status=202),
    Route(method="POST", path="/api/runs/{run_id}/replay", scope="run", answer=_replay,
          summary="Take its rejected rows through the workflow once more", takes=ReplayWanted, gives=RunRow,
          status=202),
    Route(method="GET", path="/api/runs/{run_id}", scope="read", answer=_show, summary="A run", gives=RunView),
    Route(method="GET", path="/api/runs/{run_id}/logs", scope="read", answer=_logs, summary="What a run tells",
          asks=Paging, gives=LogPage),
    Route(method="GET", path="/api/runs/{run_id}/letters", scope="read", answer=_letters,
          summary="The rows that a run rejected", asks=NumberedPaging, gives=LetterPage),
)  # fmt: skip
