"""The files of workflows that came by the API."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from engine.service.putting import base_of
from engine.service.uploads import Upload, checked, listed, opened, remove
from engine.service.views.view import View
from engine.service.web.api.workflows import workflow_of
from engine.service.web.files import attachment, blocks
from engine.service.web.routes import Call, Refused, Route, as_json


class FileRow(View):
    """One file."""

    path: str
    bytes: int
    changed_at: str


class FileList(View):
    """The files of a workflow by their paths; those that its runs delivered there among them."""

    files: list[FileRow]
    bytes: int = Field(description="Of all of them.")
    most_bytes: int = Field(description="So many there may be.")


class FilePut(View):
    """A file that was stored."""

    path: str
    bytes: int
    sha256: str


def folder_of(call: Call, name: str) -> Path:
    """The folder of the workflow.

    Raises:
        Refused: 404, 409 for the workflow of a file, whose files are put beside it.
    """
    found = workflow_of(call, name)
    if found.file is not None:
        raise Refused(409, f'"{found.workflow}" is the workflow of a file of the service: its files stand beside that')
    return base_of(call.context, found.workflow)


def receiving(call: Call, name: str) -> Upload:
    """What takes the body of the request as a file of the workflow.

    Raises:
        Refused: there is no such workflow, or it is a file's.
        UploadProblem: the file cannot be taken.
    """
    settings = call.context.settings
    upload = Upload(base=folder_of(call, name), parts=checked(call.path["path"]), most_bytes=settings.upload_bytes,
                    most_in_all=settings.uploads_bytes)  # fmt: skip
    declared = call.request.headers.get("content-length", "")
    try:
        upload.begin(int(declared) if declared.isdigit() else None)
    except BaseException:
        upload.close()
        raise
    return upload


def _receiving(call: Call) -> Upload:
    return receiving(call, call.path["name"])


def _list(call: Call) -> Response:
    found = listed(folder_of(call, call.path["name"]))
    rows = [FileRow(path=each.path, bytes=each.bytes, changed_at=each.changed_at) for each in found]
    return as_json(FileList(files=rows, bytes=sum(each.bytes for each in rows),
                            most_bytes=call.context.settings.uploads_bytes))  # fmt: skip


def put_answer(call: Call) -> Response:
    """The answer once all of a file is there."""
    assert call.upload is not None
    sha256 = call.upload.finish()
    told = FilePut(path="/".join(call.upload.parts), bytes=call.upload.size, sha256=sha256)
    return as_json(told, 201 if call.upload.is_new else 200)


def _get(call: Call) -> Response:
    return file_answer(call, folder_of(call, call.path["name"]))


def file_answer(call: Call, folder: Path) -> Response:
    """The file that the address names.

    Raises:
        Refused: 404.
    """
    parts = checked(call.path["path"])
    try:
        stream = opened(folder, parts)
    except FileNotFoundError:
        raise _none(parts) from None
    return StreamingResponse(
        blocks(stream), media_type="application/octet-stream", background=BackgroundTask(stream.close),
        headers={"Content-Length": str(os.fstat(stream.fileno()).st_size), "Content-Disposition": attachment(parts[-1]),
                 "Cache-Control": "private, no-store", "Content-Security-Policy": "sandbox; default-src 'none'"},
    )  # fmt: skip


def _remove(call: Call) -> Response:
    removed(folder_of(call, call.path["name"]), call.path["path"])
    return Response(status_code=204)


def removed(folder: Path, path: str) -> None:
    """Take the file away.

    Raises:
        Refused: 404.
    """
    parts = checked(path)
    try:
        remove(folder, parts)
    except FileNotFoundError:
        raise _none(parts) from None


def _none(parts: tuple[str, ...]) -> Refused:
    return Refused(404, f'the workflow has no file "{"/".join(parts)}"')


_FILE = "/api/workflows/{name}/files/{path:path}"
ROUTES = (
    Route(method="GET", path="/api/workflows/{name}/files", scope="edit", answer=_list, gives=FileList,
          summary="The files of a workflow that came by the API"),
    Route(method="PUT", path=_FILE, scope="edit", answer=put_answer, receives=_receiving, gives=FilePut,
          summary="Store a file, in place of the one of that path"),
    Route(method="GET", path=_FILE, scope="edit", answer=_get, media="application/octet-stream", summary="A file"),
    Route(method="DELETE", path=_FILE, scope="edit", answer=_remove, status=204, summary="Take a file away"),
)  # fmt: skip
