"""Google Cloud Storage as a file system, over its JSON API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from connectors.policy import Policy
from connectors.storage.gcs.credentials import GcsCredentials
from connectors.storage.gcs.uploading import Uploading
from connectors.storage.object_files import NoBucket, ObjectFileSystem, Page, bucket_and_key
from connectors.storage.store import Upload
from connectors.storage.tokens import Nobody
from connectors.storage.web import Answer, Refused, Web

_FIELDS = "name,size,updated,generation,metadata"


class GcsFileSystem(ObjectFileSystem):
    """Objects by their names; a version is a generation."""

    protocol = "gs"

    def __init__(self, *, credentials: GcsCredentials, policy: Policy, **options: Any) -> None:
        super().__init__(**options)
        self.own = credentials
        self.web = Web(credentials.tokens or Nobody(), is_busy=is_busy, policy=policy)

    @property
    def payer(self) -> dict[str, str]:
        """What every request says of who pays."""
        return {"userProject": self.own.billing_project} if self.own.billing_project else {}

    def object_url(self, bucket: str, key: str) -> str:
        return f"{self.own.api_base}/storage/v1/b/{quote(bucket, safe='')}/o/{quote(key, safe='')}"

    async def head(self, bucket: str, key: str) -> dict[str, Any]:
        try:
            answer = await self.web.ask("GET", self.object_url(bucket, key), params={"fields": _FIELDS, **self.payer})
        except Refused as error:
            if error.answer.status == 404:
                raise FileNotFoundError(key) from error
            raise
        return _facts(bucket, answer.json())

    async def page(self, bucket: str, prefix: str, after: str | None, *, most: int = 1000) -> Page:
        params = {"prefix": prefix, "delimiter": "/", "maxResults": str(most), **self.payer,
                  "fields": f"nextPageToken,prefixes,items({_FIELDS})"}  # fmt: skip
        if after is not None:
            params["pageToken"] = after
        url = f"{self.own.api_base}/storage/v1/b/{quote(bucket, safe='')}/o"
        try:
            found = (await self.web.ask("GET", url, params=params)).json()
        except Refused as error:
            if error.answer.status == 404:
                raise NoBucket(bucket) from error
            raise
        return Page(files=[_facts(bucket, each) for each in found.get("items") or ()],
                    folders=[f"{bucket}/{each}" for each in found.get("prefixes") or ()],
                    after=found.get("nextPageToken"))  # fmt: skip

    async def fetch(self, facts: Mapping[str, Any], start: int, end: int) -> bytes:
        bucket, key = bucket_and_key(str(facts["name"]))
        params = {"alt": "media", "generation": str(facts["version"]), **self.payer}
        headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        answer = await self.web.ask("GET", self.object_url(bucket, key), params=params, headers=headers, ok=(200, 206))
        return answer.body if answer.status == 206 else answer.body[start:end]

    async def upload(self, source: Path, path: str, upload: Upload) -> str | None:
        bucket, key = bucket_and_key(path)
        await Uploading(system=self, bucket=bucket, key=key, upload=upload).send(source)
        return None

    async def delete(self, path: str) -> None:
        try:
            await self.web.ask("DELETE", self.object_url(*bucket_and_key(path)), params=self.payer, ok=(200, 204))
        except Refused as error:
            if error.answer.status != 404:
                raise


def is_busy(answer: Answer) -> bool:
    """Whether the same request may go well a moment later."""
    return answer.status in {408, 429} or answer.status >= 500


def _facts(bucket: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    metadata = entry.get("metadata")
    return {"name": f"{bucket}/{entry['name']}", "size": int(entry.get("size") or 0), "type": "file",
            "version": str(entry.get("generation") or ""), "modified": datetime.fromisoformat(entry["updated"]),
            "token": metadata.get("weirflow", "") if isinstance(metadata, Mapping) else ""}  # fmt: skip
