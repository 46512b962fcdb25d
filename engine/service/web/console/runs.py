"""The runs, and a run: also its live part alone, which the page asks for again while the run goes on."""

from __future__ import annotations

from typing import Any, Literal, get_args

from starlette.responses import Response

from engine.service.store.starts import Cause
from engine.service.store.workflows import find_workflow, list_workflows
from engine.service.views.letters import letters_of_runs
from engine.service.views.logs import last_lines
from engine.service.views.paging import USUAL, PageProblem
from engine.service.views.run_rows import RUN_WORDS, RunWord, run_page
from engine.service.views.runs import RunView, run_view
from engine.service.web.console.rendering import address, digest, html, moved, page, text_of
from engine.service.web.routes import Call, Refused, Route

CAUSES: tuple[Cause, ...] = get_args(Cause)
LINES = 500
"""Of the log that are shown, the last ones."""
TOLD: dict[str, str] = {
    "cancelling": "The run is asked to stop.", "resumed": "The run goes on where it stopped.",
    "replaying": "This run replays the dead letters.",
}  # fmt: skip
"""What a page says once after a form, by a word in its address."""


def _list(call: Call) -> Response:
    asked = call.request.query_params
    workflow, after = asked.get("workflow") or None, asked.get("after") or None
    status: RunWord | None = next((each for each in RUN_WORDS if each == asked.get("status")), None)
    cause: Cause | None = next((each for each in CAUSES if each == asked.get("cause")), None)
    journal = call.context.journal
    try:
        found = run_page(journal, workflow=workflow, statuses=[status] if status else (), limit=USUAL, after=after,
                         causes=[cause] if cause else ())  # fmt: skip
    except PageProblem as problem:
        raise Refused(422, str(problem)) from None
    return page(
        call, "runs.html", found=found, words=RUN_WORDS, causes=CAUSES, after=after,
        letters=letters_of_runs(journal, [each.run_id for each in found.runs]),
        workflows=[each.workflow for each in list_workflows(journal)],
        chosen={"workflow": workflow, "status": status, "cause": cause},
    )  # fmt: skip


def _show(call: Call) -> Response:
    run = run_of(call)
    said = TOLD.get(call.request.query_params.get("said", ""))
    return page(call, "run.html", run=run, said=said, **_shown(call, run))


def _live(call: Call) -> Response:
    """204 where nothing has changed since what the browser shows."""
    run = run_of(call)
    text = text_of(call.request, call.key, "run_live.html", run=run, state="", **_shown(call, run))
    state = digest(text)
    if call.request.headers.get("x-shown") == state:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return html(text.replace('data-state=""', f'data-state="{state}"', 1))


def _shown(call: Call, run: RunView) -> dict[str, Any]:
    journal = call.context.journal
    return {
        "lines": last_lines(journal, run.run_id, most=LINES), "most_lines": LINES,
        "has_workflow": find_workflow(journal, run.workflow) is not None,
    }  # fmt: skip


def run_of(call: Call) -> RunView:
    """The run that the address names.

    Raises:
        Refused: 404.
    """
    found = run_view(call.context.journal, call.path["run_id"])
    if found is None:
        raise Refused(404, f'there is no run "{call.path["run_id"]}"')
    return found


def to_run(run_id: str, said: Literal["cancelling", "resumed", "replaying"] | None = None) -> Response:
    """The page of a run, after a form."""
    return moved(address("runs", run_id, said=said))


ROUTES = (
    Route(method="GET", path="/runs", scope="read", answer=_list, kind="page", media="text/html", summary="The runs",
          query={"workflow": "only its runs", "status": "only those that stand so",
                 "cause": "only those that began for this", "after": "the page behind the one that told this"}),
    Route(method="GET", path="/runs/{run_id}", scope="read", answer=_show, kind="page", media="text/html",
          summary="A run"),
    Route(method="GET", path="/runs/{run_id}/live", scope="read", answer=_live, kind="page", media="text/html",
          summary="What changes of a run while it goes on"),
)  # fmt: skip
