"""What a run delivered: to look at, or to take along."""

from __future__ import annotations

from starlette.responses import Response

from engine.service.views.delivered_file import NotAsDelivered, opened
from engine.service.views.deliveries import FileView, base_of_run, delivery_of
from engine.service.web.console.rendering import page
from engine.service.web.console.tables import MOST_ROWS, can_be_shown, table_of
from engine.service.web.files import download
from engine.service.web.routes import Call, Refused, Route


def _look(call: Call) -> Response:
    run_id, delivery, file = call.path["run_id"], call.path["delivery"], _file_of(call)
    base = base_of_run(call.context.journal, run_id)
    if base is None or not can_be_shown(file.name):
        raise Refused(404, "this file can be downloaded only")
    try:
        found = opened(file.target, base=base, bytes=file.bytes, sha256=file.sha256)
    except NotAsDelivered as problem:
        raise Refused(404, str(problem)) from None
    with found.stream:
        table = table_of(found.name, found.stream)
    return page(call, "look.html", run_id=run_id, delivery=delivery, file=file, table=table, most_rows=MOST_ROWS)


def _download(call: Call) -> Response:
    return download(call, call.path["run_id"], call.path["delivery"], _file_of(call).number)


def _file_of(call: Call) -> FileView:
    found = delivery_of(call.context.journal, call.path["run_id"], call.path["delivery"])
    file = next((each for each in found.files if str(each.number) == call.path["number"]), None) if found else None
    if file is None:
        raise Refused(404, "no such file was delivered")
    return file


_FILE = "/runs/{run_id}/deliveries/{delivery}/files/{number}"
ROUTES = (
    Route(method="GET", path=_FILE, scope="read", answer=_look, kind="page", media="text/html",
          summary="A delivered file as a table"),
    Route(method="GET", path=f"{_FILE}/download", scope="read", answer=_download, kind="page",
          media="application/octet-stream", summary="A delivered file"),
)  # fmt: skip
