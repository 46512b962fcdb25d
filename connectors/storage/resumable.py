"""Google's uploads in chunks to a session, which go on where a connection was lost.

See https://cloud.google.com/storage/docs/performing-resumable-uploads; Drive speaks the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from connectors.http.pieces import FilePart
from connectors.storage.retries import most_tries, pause_s, wait
from connectors.storage.web import Answer, Refused, Unreachable, Web, asked_s


def session_of(answer: Answer, url: str) -> str:
    """Where the chunks go.

    Raises:
        Refused: to another place than `url`: the token goes with every request.
    """
    session = str(answer.headers.get("Location", ""))
    if urlsplit(session)[:2] != urlsplit(url)[:2]:
        raise Refused(Answer(status=502, headers={}, body=b""))
    return session


async def send_chunks(web: Web, session: str, source: Path, *, chunk_bytes: int,
                      may_go_on: Callable[[Answer], bool]) -> Answer:  # fmt: skip
    """Send chunk after chunk; after a fault the service says how much it has. What it says of the complete file.

    `chunk_bytes` is a multiple of 256 KiB. A refusal that `may_go_on` does not know is raised.
    """
    size, offset, faults = source.stat().st_size, 0, 0
    while True:
        chunk = await asyncio.to_thread(FilePart(source, offset, chunk_bytes).read)
        # A file without a byte has no range.
        headers = {"Content-Range": f"bytes {offset}-{offset + len(chunk) - 1}/{size}"} if size else {}
        try:
            answer = await _put(web, session, chunk, headers, tries=1)
        except (Unreachable, Refused) as error:
            faults += 1
            if faults >= most_tries() or (isinstance(error, Refused) and not may_go_on(error.answer)):
                raise
            await wait(pause_s(faults - 1, asked_s(error)))
            answer = await _put(web, session, b"", {"Content-Range": f"bytes */{size}"}, tries=most_tries())
        if answer.status != 308:
            return answer
        _, _, last = answer.headers.get("Range", "").rpartition("-")  # what the service has
        offset = int(last) + 1 if last.isdigit() else 0


async def _put(web: Web, session: str, body: bytes, headers: dict[str, str], *, tries: int) -> Answer:
    return await web.ask("PUT", session, body=body, headers=headers, ok=(200, 201, 308), tries=tries)
