"""Azure Blob Storage as a file system."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from connectors.policy import Policy
from connectors.storage.azure.credentials import AzureCredentials
from connectors.storage.azure.signing import SignedWeb
from connectors.storage.azure.uploading import Uploading
from connectors.storage.object_files import NoBucket, ObjectFileSystem, Page, bucket_and_key
from connectors.storage.store import Upload
from connectors.storage.web import Answer, Refused

_NO_CONTAINER = frozenset({"ContainerNotFound", "ContainerBeingDeleted", "ResourceNotFound", "InvalidResourceName"})


class AzureFileSystem(ObjectFileSystem):
    """Blobs by their names; a version is an ETag."""

    protocol = "az"

    def __init__(self, *, credentials: AzureCredentials, policy: Policy, **options: Any) -> None:
        super().__init__(**options)
        self.own = credentials
        self.web = SignedWeb(credentials, is_busy=is_busy, policy=policy)

    def blob_url(self, container: str, key: str) -> str:
        return f"{self.own.api_base}/{quote(container, safe='')}/{quote(key, safe='/')}"

    def params(self, **more: str) -> dict[str, str]:
        """The parameters of a request, those of a signature included."""
        return {**more, **self.own.signature}

    async def head(self, bucket: str, key: str) -> dict[str, Any]:
        try:
            answer = await self.web.ask("HEAD", self.blob_url(bucket, key), params=self.params())
        except Refused as error:
            if error.answer.status == 404:
                raise FileNotFoundError(key) from error
            raise
        found = answer.headers
        return {"name": f"{bucket}/{key}", "size": int(found.get("Content-Length", 0)), "type": "file",
                "version": found.get("ETag", "").strip('"'), "modified": _time(found.get("Last-Modified")),
                "token": found.get("x-ms-meta-weirflow", "")}  # fmt: skip

    async def page(self, bucket: str, prefix: str, after: str | None, *, most: int = 1000) -> Page:
        params = self.params(restype="container", comp="list", delimiter="/", maxresults=str(most))
        params |= ({"prefix": prefix} if prefix else {}) | ({"marker": after} if after is not None else {})
        try:
            answer = await self.web.ask("GET", f"{self.own.api_base}/{quote(bucket, safe='')}", params=params)
        except Refused as error:
            if error.answer.status == 404 or code_of(error.answer) in _NO_CONTAINER:
                raise NoBucket(bucket) from error
            raise
        root = ElementTree.fromstring(answer.body)
        return Page(files=[_facts(bucket, each) for each in root.iterfind("Blobs/Blob")],
                    folders=[f"{bucket}/{each.findtext('Name')}" for each in root.iterfind("Blobs/BlobPrefix")],
                    after=root.findtext("NextMarker") or None)  # fmt: skip

    async def fetch(self, facts: Mapping[str, Any], start: int, end: int) -> bytes:
        headers = {"x-ms-range": f"bytes={start}-{end - 1}", "If-Match": f'"{facts["version"]}"'}
        url = self.blob_url(*bucket_and_key(str(facts["name"])))
        answer = await self.web.ask("GET", url, params=self.params(), headers=headers, ok=(200, 206))
        return answer.body if answer.status == 206 else answer.body[start:end]

    async def upload(self, source: Path, path: str, upload: Upload) -> str | None:
        container, key = bucket_and_key(path)
        await Uploading(system=self, container=container, key=key, upload=upload).send(source)
        return None

    async def delete(self, path: str) -> None:
        url = self.blob_url(*bucket_and_key(path))
        try:
            await self.web.ask("DELETE", url, params=self.params(), ok=(202,))
        except Refused as error:
            if error.answer.status != 404:
                raise


def code_of(answer: Answer) -> str:
    """The service's own word for an error, such as BlobNotFound."""
    return answer.headers.get("x-ms-error-code", "")


def is_busy(answer: Answer) -> bool:
    """Whether the same request may go well a moment later."""
    return answer.status in {408, 429} or answer.status >= 500


def _facts(bucket: str, blob: ElementTree.Element) -> dict[str, Any]:
    return {"name": f"{bucket}/{blob.findtext('Name')}", "type": "file",
            "size": int(blob.findtext("Properties/Content-Length") or 0),
            "version": (blob.findtext("Properties/Etag") or "").strip('"'),
            "modified": _time(blob.findtext("Properties/Last-Modified"))}  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return parsedate_to_datetime(text).astimezone(UTC) if text else None
