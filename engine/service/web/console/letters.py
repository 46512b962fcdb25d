"""The rows that a run rejected."""

from __future__ import annotations

from starlette.responses import Response

from engine.journal.runs import find_run
from engine.service.views.letters import LetterPage, letter_page
from engine.service.views.runs import folder_here
from engine.service.web.console.rendering import page
from engine.service.web.console.runs import run_of
from engine.service.web.console.tables import of_rows
from engine.service.web.routes import Call, Refused, Route

SHOWN = 100


def _list(call: Call) -> Response:
    run = run_of(call)
    text = call.request.query_params.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(422, f'"{text[:40]}" is no number of a row')
    folder = folder_here(find_run(call.context.journal, run.run_id))
    found = LetterPage(letters=[], count=0, next=None)
    if folder is not None:
        found = letter_page(call.context.journal, run.run_id, folder, limit=SHOWN, after=int(text))
    table = of_rows([each.values or {} for each in found.letters])
    rejected = [_column(each.column, each.values is not None) for each in found.letters]
    return page(call, "letters.html", run=run, found=found, table=table, rejected=rejected, after=int(text),
                is_elsewhere=folder is None)  # fmt: skip


def _column(column: str | None, has_values: bool) -> str | None:
    """The column that a row was rejected for, where the row has columns at all."""
    return column if has_values else None


ROUTES = (
    Route(method="GET", path="/runs/{run_id}/letters", scope="read", answer=_list, kind="page", media="text/html",
          summary="The rows that a run rejected", query={"after": "the rows behind this one"}),
)  # fmt: skip
