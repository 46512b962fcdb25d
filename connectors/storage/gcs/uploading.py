"""One file on its way to a bucket, resumed where the connection was lost."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.storage.resumable import send_chunks, session_of
from connectors.storage.store import Upload
from connectors.storage.web import Answer, Refused
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.storage.gcs.files import GcsFileSystem

CHUNK_BYTES = 32 * 256 * 1024
"""A multiple of 256 KiB, as the service asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploading:
    """A small file goes in one request; the chunks of another to a session of the service, which makes an object of
    them when all have arrived. Either way its MD5 has to be right.

    The object has our token in its metadata, so that after an answer that got lost it is known for ours.
    """

    system: GcsFileSystem
    bucket: str
    key: str
    upload: Upload

    async def send(self, source: Path) -> None:
        """Upload the file.

        Raises:
            FileExistsError: it may not be overwritten, and something stands there.
        """
        try:
            if source.stat().st_size <= CHUNK_BYTES:
                await self._whole(source)
            else:
                await send_chunks(self.system.web, await self._session(source), source, chunk_bytes=CHUNK_BYTES,
                                  may_go_on=_may_go_on)  # fmt: skip
        except Refused as error:
            if error.answer.status not in {404, 410, 412}:
                raise
            if await self._is_ours():
                return  # it was through, and the answer got lost
            if error.answer.status == 412:
                raise FileExistsError(self.key) from error
            raise

    async def _is_ours(self) -> bool:
        try:
            return bool((await self.system.head(self.bucket, self.key))["token"] == self.upload.token)
        except FileNotFoundError:
            return False

    async def _about(self, source: Path) -> dict[str, Any]:
        return {"name": self.key, "contentType": self.upload.media_type,
                "md5Hash": await asyncio.to_thread(_md5, source),
                "metadata": {"weirflow": self.upload.token}}  # fmt: skip

    def _asked(self, kind: str) -> tuple[str, dict[str, str]]:
        url = f"{self.system.own.api_base}/upload/storage/v1/b/{quote(self.bucket, safe='')}/o"
        params = {"uploadType": kind, "name": self.key, **self.system.payer}
        return url, params if self.upload.overwrite else {**params, "ifGenerationMatch": "0"}

    async def _whole(self, source: Path) -> None:
        """What is said of the object, and its bytes, in one request."""
        url, params = self._asked("multipart")
        about = json.dumps(await self._about(source)).encode()
        mark = f"weirflow-{self.upload.token}".encode()
        body = b"".join((
            b"--", mark, b"\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n", about,
            b"\r\n--", mark, b"\r\nContent-Type: ", self.upload.media_type.encode(), b"\r\n\r\n",
            await asyncio.to_thread(source.read_bytes), b"\r\n--", mark, b"--",
        ))  # fmt: skip
        headers = {"Content-Type": f"multipart/related; boundary={mark.decode()}"}
        await self.system.web.ask("POST", url, params=params, body=body, headers=headers)

    async def _session(self, source: Path) -> str:
        url, params = self._asked("resumable")
        content = await self._about(source)
        headers = {"X-Upload-Content-Type": self.upload.media_type,
                   "X-Upload-Content-Length": str(source.stat().st_size)}  # fmt: skip
        answer = await self.system.web.ask("POST", url, params=params, content=content, headers=headers)
        return session_of(answer, url)


def _may_go_on(answer: Answer) -> bool:
    """Whether asking how much is there may help."""
    return answer.status >= 500 or answer.status == 429


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()
    return base64.b64encode(found).decode()
