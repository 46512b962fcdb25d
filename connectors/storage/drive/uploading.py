"""One file on its way to Google Drive, resumed where the connection was lost."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.storage.drive.problems import SeveralOfOneName, is_busy
from connectors.storage.resumable import send_chunks, session_of
from connectors.storage.store import Upload
from connectors.storage.web import Answer, Damaged, Refused
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.storage.drive.files import DriveFileSystem

CHUNK_BYTES = 64 * 256 * 1024
"""A multiple of 256 KiB, as the service asks for."""
_FIELDS = "id,name,size,md5Checksum,createdTime,webViewLink"
_SESSIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploading:
    """The bytes go to a session of the service and are a file only when all have arrived.

    A new file gets its id before it is sent, so that an answer which got lost leads to no second one. Drive itself
    lets names repeat: whoever made a file of the same name meanwhile and was earlier wins.
    """

    system: DriveFileSystem
    folder: str
    name: str
    upload: Upload

    async def send(self, source: Path) -> str | None:
        """Upload the file; the link where it is public.

        Raises:
            FileExistsError: it may not be overwritten, and a file of that name is there.
            SeveralOfOneName: it is to be overwritten, and nothing tells which one.
        """
        there = await self.system.named(self.folder, self.name, files_only=True)
        if len(there) > 1:
            raise SeveralOfOneName(self.name, len(there))
        if there and not self.upload.overwrite:
            raise FileExistsError(self.name)
        replaced = str(there[0]["id"]) if there else None
        id_ = replaced or await self.system.new_id()
        try:
            sent = await self._sent(source, id_, is_new=replaced is None)
            if sent.get("md5Checksum") not in {None, await asyncio.to_thread(_md5, source)}:
                raise Damaged(self.name)
            if replaced is None:
                await self._check_alone(id_)
            return await self._published(id_, sent) if self.upload.public else None
        except BaseException:
            if replaced is None:
                with suppress(Exception):  # the first error is the one to tell
                    await asyncio.shield(self.system.delete(id_))
            raise

    async def _sent(self, source: Path, id_: str, *, is_new: bool) -> dict[str, Any]:
        """What the service says of the complete file. A session that it has lost is begun anew."""
        size = source.stat().st_size
        for number in range(_SESSIONS):
            try:
                session = await self._session(id_, size, is_new=is_new)
                sent = await send_chunks(
                    self.system.web, session, source, chunk_bytes=CHUNK_BYTES, may_go_on=_may_go_on
                )
                return sent.json()
            except Refused as error:
                if error.answer.status == 409 and is_new and number:
                    return await self._facts(id_)  # the session was lost because it was through
                if error.answer.status not in {404, 410} or number == _SESSIONS - 1:
                    raise
        raise AssertionError

    async def _facts(self, id_: str) -> dict[str, Any]:
        params = {"fields": _FIELDS, "supportsAllDrives": "true"}
        return (await self.system.web.ask("GET", f"{self.system.files_url}/{id_}", params=params)).json()

    async def _session(self, id_: str, size: int, *, is_new: bool) -> str:
        url = f"{self.system.own.upload_base}/upload/drive/v3/files"
        content: dict[str, Any] = {"mimeType": self.upload.media_type}
        if is_new:
            content |= {"id": id_, "name": self.name, "parents": [self.folder]}
        answer = await self.system.web.ask(
            "POST" if is_new else "PATCH", url if is_new else f"{url}/{id_}", content=content,
            params={"uploadType": "resumable", "supportsAllDrives": "true", "fields": _FIELDS},
            headers={"X-Upload-Content-Type": self.upload.media_type, "X-Upload-Content-Length": str(size)},
        )  # fmt: skip
        return session_of(answer, url)

    async def _check_alone(self, id_: str) -> None:
        """Drive knows no exclusive creation: of two that were made at once the earlier one stays.

        Raises:
            FileExistsError: another one was earlier.
        """
        there = await self.system.named(self.folder, self.name, files_only=True)
        if there and there[0]["id"] != id_:
            raise FileExistsError(self.name)

    async def _published(self, id_: str, sent: dict[str, Any]) -> str:
        await self.system.web.ask("POST", f"{self.system.files_url}/{id_}/permissions",
                                  params={"supportsAllDrives": "true"},
                                  content={"type": "anyone", "role": "reader"})  # fmt: skip
        return str(sent.get("webViewLink") or f"https://drive.google.com/file/d/{id_}/view")


def _may_go_on(answer: Answer) -> bool:
    """Whether asking how much is there may help: also where aiohttp sent a chunk again that had arrived."""
    return is_busy(answer) or answer.status in {400, 416}


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
