"""Buckets of objects as an fsspec file system: what Google Cloud Storage and Azure Blob Storage have in common."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from connectors.storage.store import Store, Upload
from connectors.storage.waiting import wait_for
from connectors.storage.web_files import WebFileSystem
from ir.records import dataclass


class NoBucket(Exception):
    """There is no bucket of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a listing: files and folders as fsspec wants them, and what the next part is asked with."""

    files: list[dict[str, Any]] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    after: str | None = None


class ObjectFileSystem(WebFileSystem):
    """Paths are `bucket/key`. A folder is where names begin so; nothing else makes one."""

    @abstractmethod
    async def head(self, bucket: str, key: str) -> dict[str, Any]:
        """The object.

        Raises:
            FileNotFoundError: there is none, or no bucket.
        """

    @abstractmethod
    async def page(self, bucket: str, prefix: str, after: str | None, *, most: int = 1000) -> Page:
        """The objects and folders of one level whose names begin so.

        Raises:
            NoBucket: there is none.
        """

    @abstractmethod
    async def delete(self, path: str) -> None:
        """Take an object away; one that has gone already is no error."""

    async def facts(self, path: str) -> dict[str, Any]:
        bucket, key = bucket_and_key(path)
        if key:
            try:
                return await self.head(bucket, key)
            except FileNotFoundError:
                pass
        found = await self.page(bucket, f"{key}/" if key else "", None, most=1)
        if key and not found.files and not found.folders:
            raise FileNotFoundError(path)
        return {"name": path, "size": 0, "type": "directory"}

    async def children(self, path: str) -> list[dict[str, Any]]:
        bucket, key = bucket_and_key(path)
        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = await self.page(bucket, f"{key}/" if key else "", after)
            # an object whose name ends in a slash is what some tools put where they show a folder
            found += [each for each in page.files if not each["name"].endswith("/")]
            found += [{"name": each.rstrip("/"), "size": 0, "type": "directory"} for each in page.folders]
            if page.after is None:
                return found
            after = page.after

    async def _rm_file(self, path: str, **_: Any) -> None:
        await self.delete(self._strip_protocol(path))


class ObjectStore(Store):
    """A store of buckets."""

    reads_ranges: ClassVar[bool] = True

    @abstractmethod
    def opened(self) -> ObjectFileSystem:
        """The file system of this store's credentials."""

    @cached_property
    def system(self) -> ObjectFileSystem:
        return self.opened()

    def inner(self, url: str) -> str:
        return url.partition("://")[2].strip("/")

    def url(self, inner: str) -> str:
        return f"{self.scheme}://{inner}"

    def exists(self, inner: str) -> bool:
        return wait_for(self.system.loop, self._exists(inner))

    async def _exists(self, inner: str) -> bool:
        bucket, key = bucket_and_key(inner)
        try:
            await self.system.head(bucket, key)
        except FileNotFoundError:
            await self.system.page(bucket, key, None, most=1)  # says where there is no bucket
            return False
        return True

    def remove(self, inner: str) -> None:
        wait_for(self.system.loop, self.system.delete(inner))

    def put(self, path: Path, inner: str, upload: Upload) -> str | None:
        return wait_for(self.system.loop, self.system.upload(path, inner, upload))


def bucket_and_key(path: str) -> tuple[str, str]:
    """The two parts of a path."""
    bucket, _, key = path.partition("/")
    return bucket, key
