"""Dropbox as a file system."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.policy import Policy
from connectors.storage.dropbox.credentials import DropboxCredentials
from connectors.storage.dropbox.problems import is_busy, summary_of
from connectors.storage.dropbox.uploading import Uploading
from connectors.storage.store import Upload
from connectors.storage.web import Answer, Refused, Web
from connectors.storage.web_files import WebFileSystem


class DropboxFileSystem(WebFileSystem):
    """Paths without regard to upper and lower case, as Dropbox has them."""

    protocol = "dropbox"

    def __init__(self, *, credentials: DropboxCredentials, policy: Policy, **options: Any) -> None:
        super().__init__(**options)
        self.own = credentials
        self.web = Web(credentials.tokens, is_busy=is_busy, policy=policy)

    @property
    def _whose(self) -> dict[str, str]:
        found = {}
        if self.own.root_namespace is not None:
            found["Dropbox-API-Path-Root"] = json.dumps(
                {".tag": "namespace_id", "namespace_id": self.own.root_namespace}
            )
        if self.own.team_member is not None:
            found["Dropbox-API-Select-User"] = self.own.team_member
        return found

    async def call(self, method: str, argument: object, *, tries: int | None = None) -> dict[str, Any]:
        """What a method of the API gives for its argument."""
        url = f"{self.own.api_base}/2/{method}"
        return (await self.web.ask("POST", url, content=argument, headers=self._whose, tries=tries)).json()

    async def send(self, method: str, argument: object, body: bytes, *, tries: int = 1) -> Answer:
        """Bytes for a method of the API; its argument stands in a header."""
        headers = {**self._whose, "Dropbox-API-Arg": json.dumps(argument), "Content-Type": "application/octet-stream"}
        return await self.web.ask("POST", f"{self.own.upload_base}/2/{method}", body=body, headers=headers, tries=tries)

    async def metadata(self, path: str) -> dict[str, Any]:
        """What Dropbox says of a file or folder.

        Raises:
            FileNotFoundError: there is none.
        """
        try:
            return await self.call("files/get_metadata", {"path": f"/{path}"})
        except Refused as error:
            if summary_of(error.answer).startswith("path/not_found"):
                raise FileNotFoundError(path) from error
            raise

    async def facts(self, path: str) -> dict[str, Any]:
        if not path:
            return {"name": "", "size": 0, "type": "directory"}
        return _facts(path, await self.metadata(path))

    async def children(self, path: str) -> list[dict[str, Any]]:
        argument = {"path": f"/{path}" if path else "", "recursive": False, "limit": 2000}
        page = await self.call("files/list_folder", argument)
        entries = list(page["entries"])
        while page["has_more"]:
            page = await self.call("files/list_folder/continue", {"cursor": page["cursor"]})
            entries += page["entries"]
        return [_facts(f"{path}/{each['name']}".lstrip("/"), each) for each in entries]

    async def fetch(self, facts: Mapping[str, Any], start: int, end: int) -> bytes:
        headers = {**self._whose, "Range": f"bytes={start}-{end - 1}",
                   "Dropbox-API-Arg": json.dumps({"path": f"rev:{facts['version']}"})}  # fmt: skip
        url = f"{self.own.upload_base}/2/files/download"
        answer = await self.web.ask("POST", url, headers=headers, ok=(200, 206))
        return answer.body if answer.status == 206 else answer.body[start:end]

    async def upload(self, source: Path, path: str, upload: Upload) -> str | None:
        return await Uploading(system=self, path=path, upload=upload).send(source)

    async def delete(self, path: str) -> None:
        """What has gone already is no error."""
        try:
            await self.call("files/delete_v2", {"path": f"/{path}"}, tries=2)
        except Refused as error:
            if not summary_of(error.answer).startswith("path_lookup/not_found"):
                raise

    async def _rm_file(self, path: str, **_: Any) -> None:
        await self.delete(self._strip_protocol(path))


def _facts(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    if entry[".tag"] != "file":
        return {"name": name, "size": 0, "type": "directory"}
    return {"name": name, "size": int(entry["size"]), "type": "file", "version": entry["rev"],
            "modified": datetime.fromisoformat(entry["server_modified"])}  # fmt: skip
