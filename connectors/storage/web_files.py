"""A service's files as an fsspec file system: what Google Drive and Dropbox have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsspec.asyn import AsyncFileSystem, sync
from fsspec.spec import AbstractBufferedFile

if TYPE_CHECKING:
    from connectors.storage.store import Upload

BLOCK_BYTES = 8 * 1024**2


class WebFileSystem(AsyncFileSystem):  # type: ignore[misc]
    """Listings, ranges of bytes, uploads; nothing is remembered but where folders are."""

    cachable = False
    root_marker = ""

    @abstractmethod
    async def facts(self, path: str) -> dict[str, Any]:
        """The file or folder at a path, as fsspec wants it.

        Raises:
            FileNotFoundError: there is none.
        """

    @abstractmethod
    async def children(self, path: str) -> list[dict[str, Any]]:
        """What lies in a folder."""

    @abstractmethod
    async def fetch(self, facts: Mapping[str, Any], start: int, end: int) -> bytes:
        """The bytes of a file from `start` until before `end`."""

    @abstractmethod
    async def upload(self, source: Path, path: str, upload: Upload) -> str | None:
        """A local file in its place, whole or not at all; the link where it is public."""

    async def _info(self, path: str, **_: Any) -> dict[str, Any]:
        return await self.facts(self._strip_protocol(path))

    async def _ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        path = self._strip_protocol(path)
        facts = await self.facts(path)
        found = await self.children(path) if facts["type"] == "directory" else [facts]
        return found if detail else [each["name"] for each in found]

    async def _cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        facts = await self._info(path)
        size = int(facts["size"])
        first = 0 if start is None else start if start >= 0 else max(size + start, 0)
        last = size if end is None else end if end >= 0 else size + end
        return await self.fetch(facts, first, min(last, size)) if first < min(last, size) else b""

    async def _get_file(self, rpath: str, lpath: str, **_: Any) -> None:
        facts = await self._info(rpath)
        with Path(lpath).open("wb") as sink:
            for start in range(0, int(facts["size"]), BLOCK_BYTES):
                sink.write(await self.fetch(facts, start, min(start + BLOCK_BYTES, int(facts["size"]))))

    async def _put_file(self, lpath: str, rpath: str, mode: str = "overwrite", **_: Any) -> None:
        from connectors.storage.store import Upload

        await self.upload(Path(lpath), self._strip_protocol(rpath), Upload(overwrite=mode != "create"))

    def _open(self, path: str, mode: str = "rb", **_: Any) -> WebFile:
        if mode != "rb":
            raise NotImplementedError("files are written whole, by put_file")
        return WebFile(self, path, sync(self.loop, self._info, path))


class WebFile(AbstractBufferedFile):  # type: ignore[misc]
    """A file that is read in blocks, each a request."""

    def __init__(self, system: WebFileSystem, path: str, facts: Mapping[str, Any]) -> None:
        super().__init__(system, path, mode="rb", block_size=BLOCK_BYTES, cache_type="readahead", size=facts["size"])
        self.details = facts

    def _fetch_range(self, start: int, end: int) -> bytes:
        found: bytes = sync(self.fs.loop, self.fs.fetch, self.details, start, min(end, self.size))
        return found
