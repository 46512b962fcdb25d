"""One file on its way into a bucket: in one request, or in parts that become an object only together."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from connectors.storage.retries import tried_again
from connectors.storage.s3.credentials import S3Credentials
from connectors.storage.s3.problems import code_of, passes
from connectors.storage.s3.section import Section
from connectors.storage.store import Upload
from ir.records import dataclass

PART_BYTES = 8 * 1024**2
_PARTS_AT_ONCE = 3
_MOST_PARTS = 10_000
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
_MARK = "weirflow-upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploading:
    """An object that is there whole or not at all; `send` takes the file.

    Where nothing may be overwritten the store itself decides: the last request is conditional on there being no such
    object. A store may have taken that request and the answer got lost; the object's metadata tells whether it is
    ours.
    """

    client: Any
    bucket: str
    key: str
    upload: Upload
    credentials: S3Credentials

    @property
    def _place(self) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.key}

    @property
    def _facts(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            **self._place,
            "ContentType": self.upload.media_type,
            "Metadata": {_MARK: self.upload.token},
        }
        if self.upload.public:
            found["ACL"] = "public-read"
        if self.credentials.server_side_encryption:
            found["ServerSideEncryption"] = self.credentials.server_side_encryption
        if self.credentials.kms_key_id:
            found["SSEKMSKeyId"] = self.credentials.kms_key_id
        return found

    @property
    def _condition(self) -> dict[str, str]:
        return {} if self.upload.overwrite or not self.credentials.conditional_writes else {"IfNoneMatch": "*"}

    async def send(self, path: Path) -> None:
        """Upload the file.

        Raises:
            FileExistsError: it may not be overwritten, and an object of that name is there.
        """
        size = path.stat().st_size
        try:
            if size <= PART_BYTES:
                body = path.read_bytes()
                await self._ask("put_object", **self._facts, **self._condition, Body=body, ContentMD5=_md5(body))
            else:
                await self._send_parts(path, size)
        except Exception as error:
            if await self._is_ours():
                return
            if self._condition and code_of(error) in _TAKEN:
                raise FileExistsError(self.key) from error
            raise

    async def _send_parts(self, path: Path, size: int) -> None:
        made = await self._ask("create_multipart_upload", **self._facts)
        upload = {**self._place, "UploadId": made["UploadId"]}
        try:
            parts = await self._parts(path, size, upload)
            await self._ask("complete_multipart_upload", **upload, **self._condition, MultipartUpload={"Parts": parts})
        except BaseException:
            # shielded: a run that is stopped leaves no parts behind either, which would be stored and paid for
            with suppress(Exception):
                await asyncio.shield(self.client.abort_multipart_upload(**upload))
            raise

    async def _parts(self, path: Path, size: int, upload: dict[str, str]) -> list[dict[str, Any]]:
        """The parts as they were taken, several on their way at once."""
        part_bytes = max(PART_BYTES, -(-size // _MOST_PARTS))
        numbers = iter(range(1, -(-size // part_bytes) + 1))
        done: list[dict[str, Any]] = []

        async def worker() -> None:
            for number in numbers:
                start = (number - 1) * part_bytes
                with Section(path, start, part_bytes) as body:
                    digest = await asyncio.to_thread(body.md5)
                part = {**upload, "PartNumber": number, "ContentMD5": digest}

                async def put(start: int = start, part: dict[str, Any] = part) -> Any:
                    # a request that broke off may read on in a thread: it has a body of its own, which is closed then
                    with Section(path, start, part_bytes) as body:
                        return await self.client.upload_part(**part, Body=body)

                answer = await tried_again(put, passes)
                done.append({"PartNumber": number, "ETag": answer["ETag"]})

        async with asyncio.TaskGroup() as group:
            for _ in range(_PARTS_AT_ONCE):
                group.create_task(worker())
        return sorted(done, key=lambda each: int(each["PartNumber"]))

    async def _ask(self, method: str, **arguments: Any) -> Any:
        return await tried_again(lambda: getattr(self.client, method)(**arguments), passes)

    async def _is_ours(self) -> bool:
        """Whether the object that stands there is what was just sent: the answer may have been lost."""
        try:
            found = await self.client.head_object(**self._place)
        except Exception:  # the first error is the one to tell
            return False
        return bool(found.get("Metadata", {}).get(_MARK) == self.upload.token)


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
