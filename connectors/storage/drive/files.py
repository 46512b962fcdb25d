"""Google Drive as a file system of paths: each part of a path is looked up by its name in the folder before it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.policy import Policy
from connectors.storage.drive.credentials import DriveCredentials
from connectors.storage.drive.problems import NoBytes, SeveralOfOneName, is_busy
from connectors.storage.drive.uploading import Uploading
from connectors.storage.store import Upload
from connectors.storage.web import Refused, Web
from connectors.storage.web_files import WebFileSystem

FOLDER = "application/vnd.google-apps.folder"
_SHORTCUT = "application/vnd.google-apps.shortcut"
_NATIVE = "application/vnd.google-apps."
FIELDS = "id,name,mimeType,size,md5Checksum,createdTime,modifiedTime,trashed,version,webViewLink,shortcutDetails"
_ID = re.compile(r"[A-Za-z0-9_-]{25,}|0A[A-Za-z0-9_-]{17}")
"""How the ids of files and folders look, and those of shared drives."""
Entry = dict[str, Any]


class DriveFileSystem(WebFileSystem):
    """Paths begin at the top of the drive, or with the id of a folder; names in a folder need not be unique."""

    protocol = "gdrive"

    def __init__(self, *, credentials: DriveCredentials, policy: Policy, **options: Any) -> None:
        super().__init__(**options)
        self.own = credentials
        self.web = Web(credentials.tokens, is_busy=is_busy, policy=policy)
        self._folders: dict[str, str] = {}
        self._making: asyncio.Lock | None = None

    @property
    def files_url(self) -> str:
        return f"{self.own.api_base}/drive/v3/files"

    async def facts(self, path: str) -> dict[str, Any]:
        if not path:
            return _facts("", {"id": self.own.root, "mimeType": FOLDER})
        parent, _, name = path.rpartition("/")
        if not parent and _ID.fullmatch(name) and (entry := await self._by_id(name)) is not None:
            return _facts(path, entry)
        found = await self.named(await self._folder(parent), name)
        if not found:
            raise FileNotFoundError(path)
        return _facts(path, found[0], twins=len(found) - 1)

    async def children(self, path: str) -> list[dict[str, Any]]:
        entries = await self._listed(f"'{_quoted(await self._folder(path))}' in parents and trashed = false")
        counts = Counter(each["name"] for each in entries)
        found: dict[str, dict[str, Any]] = {}
        for each in entries:
            # A name with a slash in it is no part of a path; such a file has its id.
            if "/" not in each["name"]:
                name = f"{path}/{each['name']}".lstrip("/")
                found.setdefault(name, _facts(name, each, twins=counts[each["name"]] - 1))
        return list(found.values())

    async def named(self, folder: str, name: str, *, files_only: bool = False) -> list[Entry]:
        """What has this name in a folder, the oldest first."""
        query = f"'{_quoted(folder)}' in parents and name = '{_quoted(name)}' and trashed = false"
        if files_only:
            query += f" and mimeType != '{FOLDER}'"
        found = [each for each in await self._listed(query) if each["name"] == name]
        return sorted(found, key=lambda each: (each.get("createdTime", ""), each["id"]))

    async def _listed(self, query: str) -> list[Entry]:
        params = {"q": query, "pageSize": "1000", "fields": f"nextPageToken,files({FIELDS})",
                  "supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}  # fmt: skip
        if self.own.drive_id is not None:
            params |= {"corpora": "drive", "driveId": self.own.drive_id}
        found: list[Entry] = []
        while True:
            page = (await self.web.ask("GET", self.files_url, params=params)).json()
            found += [await self._target(each) for each in page.get("files", ())]
            if not page.get("nextPageToken"):
                return found
            params["pageToken"] = str(page["nextPageToken"])

    async def _target(self, entry: Entry) -> Entry:
        """What a shortcut points at, under the shortcut's name; other entries as they are."""
        if entry.get("mimeType") != _SHORTCUT:
            return entry
        target = await self._by_id(entry["shortcutDetails"]["targetId"])
        return entry if target is None else {**target, "name": entry["name"]}

    async def _by_id(self, id_: str) -> Entry | None:
        try:
            answer = await self.web.ask("GET", f"{self.files_url}/{id_}",
                                        params={"fields": FIELDS, "supportsAllDrives": "true"})  # fmt: skip
        except Refused as error:
            if error.answer.status == 404:
                return None
            raise
        found = answer.json()
        return None if found.get("trashed") else found

    async def _folder(self, path: str) -> str:
        """The id of a folder.

        Raises:
            FileNotFoundError: there is none.
            SeveralOfOneName: nothing tells which one is meant.
        """
        if not path:
            return self.own.root
        if path not in self._folders:
            parent, _, name = path.rpartition("/")
            if not parent and _ID.fullmatch(name) and (entry := await self._by_id(name)) is not None:
                self._folders[path] = str(entry["id"])
                return self._folders[path]
            folders = [each for each in await self.named(await self._folder(parent), name)
                       if each["mimeType"] == FOLDER]  # fmt: skip
            if len(folders) > 1:
                raise SeveralOfOneName(path, len(folders))
            if not folders:
                raise FileNotFoundError(path)
            self._folders[path] = str(folders[0]["id"])
        return self._folders[path]

    async def made_folder(self, path: str) -> str:
        """The id of a folder, made where it is not there; the folder of an id has to be."""
        self._making = self._making or asyncio.Lock()
        async with self._making:  # or two files of one run would make it twice
            return await self._made_folder(path)

    async def _made_folder(self, path: str) -> str:
        try:
            return await self._folder(path)
        except FileNotFoundError:
            parent, _, name = path.rpartition("/")
            if not parent and _ID.fullmatch(name):
                raise
        folder = await self._made_folder(parent)
        id_ = await self.new_id()
        content = {"id": id_, "name": name, "mimeType": FOLDER, "parents": [folder]}
        await self.web.ask("POST", self.files_url, params={"supportsAllDrives": "true", "fields": "id"},
                           content=content, ok=(200, 409))  # fmt: skip
        self._folders[path] = id_
        return id_

    async def new_id(self) -> str:
        """An id for what is going to be made: with it no second attempt makes a second file."""
        answer = await self.web.ask("GET", f"{self.files_url}/generateIds", params={"count": "1", "space": "drive"})
        return str(answer.json()["ids"][0])

    async def fetch(self, facts: Mapping[str, Any], start: int, end: int) -> bytes:
        answer = await self.web.ask(
            "GET", f"{self.files_url}/{facts['id']}", ok=(200, 206),
            params={"alt": "media", "supportsAllDrives": "true"}, headers={"Range": f"bytes={start}-{end - 1}"},
        )  # fmt: skip
        return answer.body if answer.status == 206 else answer.body[start:end]

    async def upload(self, source: Path, path: str, upload: Upload) -> str | None:
        parent, _, name = path.rpartition("/")
        return await Uploading(system=self, folder=await self.made_folder(parent), name=name, upload=upload).send(
            source
        )

    async def delete(self, id_: str) -> None:
        """For good, or into the bin where the account may do no more; what has gone already is no error."""
        url, params = f"{self.files_url}/{id_}", {"supportsAllDrives": "true"}
        try:
            await self.web.ask("DELETE", url, params=params, ok=(200, 204, 404), tries=2)
        except Refused as error:
            if error.answer.status != 403:
                raise
            await self.web.ask("PATCH", url, params=params, content={"trashed": True}, tries=2)

    async def check_top(self, path: str) -> None:
        """Find the folder that the path begins with, where it is given by its id.

        Raises:
            FileNotFoundError: there is none, or the account does not see it.
        """
        top = path.partition("/")[0]
        if _ID.fullmatch(top):
            await self._folder(top)

    async def _rm_file(self, path: str, **_: Any) -> None:
        await self.delete(str((await self.facts(self._strip_protocol(path)))["id"]))

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        facts = self.info(path)
        if facts["size"] is None:
            raise NoBytes(path)
        return super()._open(path, mode, **options)


def _facts(name: str, entry: Entry, *, twins: int = 0) -> dict[str, Any]:
    is_folder = entry["mimeType"] == FOLDER
    native = entry["mimeType"].startswith(_NATIVE) and not is_folder
    size = 0 if is_folder else None if native else int(entry.get("size") or 0)
    found: dict[str, Any] = {"name": name, "size": size, "type": "directory" if is_folder else "file",
                             "id": entry["id"], "twins": twins}  # fmt: skip
    if entry.get("modifiedTime"):
        found["modified"] = datetime.fromisoformat(entry["modifiedTime"])
    if entry.get("version"):
        found["version"] = f"{entry['id']}@{entry['version']}"
    return found


def _quoted(text: str) -> str:
    """As it stands between quotes of a search."""
    return text.replace("\\", "\\\\").replace("'", "\\'")
