"""Files as answers: whole, under their own names, and never shown by a browser as part of the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from engine.service.views.delivered_file import NotAsDelivered, opened
from engine.service.views.deliveries import base_of_run, delivery_of
from engine.service.web.routes import Call, Refused

_BLOCK = 1 << 18


def download(call: Call, run_id: str, delivery: str, number: int) -> Response:
    """The file that a delivery made, if that lies where it was delivered and is still the same.

    Raises:
        Refused: 404 where there is no such file, 410 where it is gone or another one by now.
    """
    journal = call.context.journal
    found, base = delivery_of(journal, run_id, delivery), base_of_run(journal, run_id)
    file = next((each for each in found.files if each.number == number), None) if found is not None else None
    if file is None or base is None:
        raise Refused(404, "no such file was delivered")
    try:
        taken = opened(file.target, base=base, bytes=file.bytes, sha256=file.sha256)
    except NotAsDelivered as problem:
        raise Refused(410, str(problem), hint="run the workflow again, or look where it was delivered") from None
    return StreamingResponse(
        blocks(taken.stream), media_type=taken.media_type, background=BackgroundTask(taken.stream.close),
        headers={"Content-Length": str(taken.bytes), "Content-Disposition": attachment(taken.name),
                 "ETag": f'"{file.sha256}"', "Cache-Control": "private, no-store",
                 "Content-Security-Policy": "sandbox; default-src 'none'"},
    )  # fmt: skip


def attachment(name: str) -> str:
    """The header that has a browser save the file under this name, whatever characters it has."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """What the stream holds, which is closed at its end."""
    with stream:
        while block := stream.read(_BLOCK):
            yield block
