"""One file on its way to a container: in one request, or in blocks that the last request makes a blob of."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from connectors.http.pieces import FilePart
from connectors.storage.store import Upload
from connectors.storage.web import Refused, Unreachable
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.storage.azure.files import AzureFileSystem

BLOCK_BYTES = 8 * 1024**2
_MOST_BLOCKS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploading:
    """Blocks that no list names are thrown away by the service after a week, and are seen by nobody.

    The blob has our token in its metadata, so that after an answer that got lost it is known for ours.
    """

    system: AzureFileSystem
    container: str
    key: str
    upload: Upload

    async def send(self, source: Path) -> None:
        """Upload the file.

        Raises:
            FileExistsError: it may not be overwritten, and something stands there.
        """
        size = source.stat().st_size
        try:
            await (self._whole(source) if size <= BLOCK_BYTES else self._blocks(source, size))
        except (Refused, Unreachable) as error:
            exists = isinstance(error, Refused) and error.answer.status in {409, 412}
            if await self._is_ours(error):
                return  # it was through, and the answer got lost
            if exists and not self.upload.overwrite:
                raise FileExistsError(self.key) from error
            raise

    async def _is_ours(self, error: Exception) -> bool:
        if isinstance(error, Refused) and error.answer.status not in {409, 412}:
            return False
        try:
            found = await self.system.head(self.container, self.key)
        except (FileNotFoundError, Refused, Unreachable):
            return False
        return bool(found["token"] == self.upload.token)

    def _headers(self, kind: str) -> dict[str, str]:
        found = {"x-ms-blob-content-type": self.upload.media_type, "x-ms-meta-weirflow": self.upload.token}
        if kind:
            found["x-ms-blob-type"] = kind
        return found if self.upload.overwrite else {**found, "If-None-Match": "*"}

    async def _whole(self, source: Path) -> None:
        body = await asyncio.to_thread(source.read_bytes)
        await self._put(self.system.params(), body, self._headers("BlockBlob"))

    async def _blocks(self, source: Path, size: int) -> None:
        length = max(BLOCK_BYTES, -(-size // _MOST_BLOCKS))
        names = [base64.b64encode(f"{self.upload.token[:16]}-{number:06d}".encode()).decode()
                 for number in range(-(-size // length))]  # fmt: skip
        for number, name in enumerate(names):
            body = await asyncio.to_thread(FilePart(source, number * length, length).read)
            await self._put(self.system.params(comp="block", blockid=name), body, {})
        listed = "".join(f"<Latest>{escape(each)}</Latest>" for each in names)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode()
        await self._put(self.system.params(comp="blocklist"), body, self._headers(""))

    async def _put(self, params: dict[str, str], body: bytes, headers: dict[str, str]) -> None:
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        url = self.system.blob_url(self.container, self.key)
        await self.system.web.ask("PUT", url, params=params, body=body, ok=(201,),
                                  headers={**headers, "Content-MD5": digest})  # fmt: skip
