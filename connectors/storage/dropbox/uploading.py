"""One file on its way to Dropbox: in one request, or in a session that goes on where a connection was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.http.pieces import FilePart
from connectors.storage.dropbox.hashing import BLOCK_BYTES, content_hash, hash_of
from connectors.storage.dropbox.problems import is_busy, summary_of
from connectors.storage.retries import most_tries, pause_s, wait
from connectors.storage.store import Upload
from connectors.storage.web import Answer, Damaged, Refused, Unreachable, asked_s
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.storage.dropbox.files import DropboxFileSystem

CHUNK_BYTES = 2 * BLOCK_BYTES
_SESSIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploading:
    """A file that is there whole or not at all: the last request alone makes it.

    Where that request's answer got lost, what stands there and has our content is ours.
    """

    system: DropboxFileSystem
    path: str
    upload: Upload

    async def send(self, source: Path) -> str | None:
        """Upload the file; the link where it is public.

        Raises:
            FileExistsError: it may not be overwritten, and something stands there.
        """
        digest = await asyncio.to_thread(content_hash, source)
        replaces = self.upload.overwrite and self.upload.public and await self._stands()
        try:
            made = await self._made(source, digest)
            if made.get("content_hash") != digest:
                raise Damaged(self.path)
            return await self._link() if self.upload.public else None
        except FileExistsError:
            raise
        except BaseException:
            if not self.upload.overwrite or (self.upload.public and not replaces):
                with suppress(Exception):  # the first error is the one to tell
                    await asyncio.shield(self._take_away(digest))
            raise

    @property
    def _commit(self) -> dict[str, Any]:
        mode = "overwrite" if self.upload.overwrite else "add"
        strict = {} if self.upload.overwrite else {"strict_conflict": True}
        return {"path": f"/{self.path}", "mode": mode, "autorename": False, **strict}

    async def _stands(self) -> bool:
        try:
            await self.system.metadata(self.path)
        except FileNotFoundError:
            return False
        return True

    async def _take_away(self, digest: str) -> None:
        """Only what is ours: somebody else's may have come there first."""
        if (await self.system.metadata(self.path)).get("content_hash") == digest:
            await self.system.delete(self.path)

    async def _made(self, source: Path, digest: str) -> dict[str, Any]:
        """What the service says of the complete file. A session that it has lost is begun anew."""
        size = source.stat().st_size
        if size <= CHUNK_BYTES:
            body = await asyncio.to_thread(FilePart(source, 0, CHUNK_BYTES).read)
            argument = {**self._commit, "content_hash": digest}
            return await self._last(partial(self.system.send, "files/upload", argument, body), digest)
        for number in range(_SESSIONS):
            try:
                cursor = {"session_id": await self._sent(source, size), "offset": size}
                argument = {"cursor": cursor, "commit": self._commit}
                finish = partial(self.system.send, "files/upload_session/finish", argument, b"")
                return await self._last(finish, digest)
            except Refused as error:
                if "not_found" not in summary_of(error.answer).split("/") or number == _SESSIONS - 1:
                    raise
        raise AssertionError

    async def _sent(self, source: Path, size: int) -> str:
        """Chunk after chunk into a session; after a fault the service says how much it has."""
        started = await self.system.send("files/upload_session/start", {"close": False}, b"", tries=most_tries())
        session = str(started.json()["session_id"])
        offset, faults = 0, 0
        while offset < size:
            body = await asyncio.to_thread(FilePart(source, offset, CHUNK_BYTES).read)
            argument = {"cursor": {"session_id": session, "offset": offset}, "close": False,
                        "content_hash": hash_of(body)}  # fmt: skip
            try:
                await self.system.send("files/upload_session/append_v2", argument, body)
                offset += len(body)
            except (Unreachable, Refused) as error:
                known = _known_offset(error)
                if known is not None and known != offset:
                    offset = known
                    continue
                faults += 1
                if faults >= most_tries() or (isinstance(error, Refused) and not is_busy(error.answer)):
                    raise
                await wait(pause_s(faults - 1, asked_s(error)))
        return session

    async def _last(self, call: Callable[[], Awaitable[Answer]], digest: str) -> dict[str, Any]:
        """The request that makes the file, which may have gone through though its answer was lost."""
        is_open = False
        for attempt in range(most_tries()):
            try:
                return (await call()).json()
            except (Unreachable, Refused) as error:
                refused = error.answer if isinstance(error, Refused) else None
                if refused is not None and not is_busy(refused):
                    if is_open and (found := await self._ours(digest)) is not None:
                        return found
                    if not self.upload.overwrite and "conflict" in summary_of(refused).split("/"):
                        raise FileExistsError(self.path) from error
                    raise
                is_open = is_open or refused is None or refused.status >= 500
                if attempt == most_tries() - 1:
                    if is_open and (found := await self._ours(digest)) is not None:
                        return found
                    raise
                pause = pause_s(attempt, asked_s(error))
            await wait(pause)
        raise AssertionError

    async def _ours(self, digest: str) -> dict[str, Any] | None:
        with suppress(FileNotFoundError, Refused, Unreachable):
            found = await self.system.metadata(self.path)
            if found.get("content_hash") == digest:
                return found
        return None

    async def _link(self) -> str:
        settings = {"audience": "public", "access": "viewer"}
        argument = {"path": f"/{self.path}", "settings": settings}
        try:
            return str((await self.system.call("sharing/create_shared_link_with_settings", argument))["url"])
        except Refused as error:
            if not summary_of(error.answer).startswith("shared_link_already_exists"):
                raise
        found = await self.system.call("sharing/list_shared_links", {"path": f"/{self.path}", "direct_only": True})
        return str(found["links"][0]["url"])


def _known_offset(error: Exception) -> int | None:
    """How much of a session the service has, where that is what it says."""
    found = error.answer.json().get("error") if isinstance(error, Refused) else None
    offset = found.get("correct_offset") if isinstance(found, dict) else None
    return offset if isinstance(offset, int) else None
