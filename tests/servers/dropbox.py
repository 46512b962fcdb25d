"""Dropbox as its documentation describes it, in memory: what that does not allow is refused."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.servers.service import Service

_BLOCK = 4 * 1024**2
_PATH = re.compile(r"(/(.|[\r\n])*)|(ns:[0-9]+(/.*)?)|(id:.*)")
_COMMIT = {"path", "mode", "autorename", "client_modified", "mute", "property_groups", "strict_conflict"}
_MOST = 150 * 1024**2


class Dropbox(Service):
    """`files` {path in lower case: entry}; folders are there as long as something is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, dict[str, Any]] = {}
        self.links: dict[str, str] = {}
        self.tokens = {"good-token"}
        self.page_size = 2000
        self.sessions: dict[str, bytearray] = {}
        self._numbers = itertools.count(1)

    def credentials(self, **more: str) -> str:
        """As a secret holds them."""
        return json.dumps({"access_token": "good-token", "api_base": self.url, **more})

    def add(self, path: str, content: bytes) -> None:
        """Somebody else's file."""
        number = next(self._numbers)
        self.files[path.lower()] = {
            ".tag": "file", "name": path.rpartition("/")[2], "path_display": path, "path_lower": path.lower(),
            "id": f"id:{number:022d}", "rev": f"{number:015x}", "size": len(content),
            "server_modified": f"2026-11-26T04:{number // 60 % 60:02d}:{number % 60:02d}Z",
            "content_hash": hash_of(content), "content": content,
        }  # fmt: skip

    def content(self, path: str) -> bytes:
        return bytes(self.files[path.lower()]["content"])

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/oauth2/token", self._token), web.post("/2/files/get_metadata", self._metadata),
            web.post("/2/files/list_folder", self._list), web.post("/2/files/list_folder/continue", self._continue),
            web.post("/2/files/download", self._download), web.post("/2/files/upload", self._upload),
            web.post("/2/files/upload_session/start", self._session_start),
            web.post("/2/files/upload_session/append_v2", self._append),
            web.post("/2/files/upload_session/finish", self._finish), web.post("/2/files/delete_v2", self._delete),
            web.post("/2/sharing/create_shared_link_with_settings", self._share),
            web.post("/2/sharing/list_shared_links", self._links),
        ]  # fmt: skip

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        wanted = {"grant_type": "refresh_token", "refresh_token": "refresh-me", "client_id": "app"}
        if not wanted.items() <= form.items():
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = f"fetched-token-{next(self._numbers)}"
        self.tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": 14400, "token_type": "bearer"})

    def _check(self, request: web.Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            tag = "expired_access_token" if token == "old-token" else "invalid_access_token"
            raise _error(web.HTTPUnauthorized, f"{tag}/", {".tag": tag})

    async def _argument(self, request: web.Request, known: set[str]) -> dict[str, Any]:
        """Of a call without content: JSON in the body."""
        self._check(request)
        if request.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            raise web.HTTPBadRequest(text="Bad HTTP Content-Type header")
        return _known(await request.json(), known)

    def _header(self, request: web.Request, known: set[str]) -> dict[str, Any]:
        """Of a call with content: JSON in a header, ASCII only."""
        self._check(request)
        text = request.headers["Dropbox-API-Arg"]
        if not text.isascii():
            raise web.HTTPBadRequest(text="header is not ASCII")
        return _known(json.loads(text), known)

    async def _metadata(self, request: web.Request) -> web.Response:
        argument = await self._argument(request, {"path", "include_deleted", "include_media_info"})
        return web.json_response(self._found(_path(argument["path"]), "path"))

    def _found(self, path: str, about: str) -> dict[str, Any]:
        if path.lower() in self.files:
            return _shown(self.files[path.lower()])
        inside = [each for each in self.files.values() if each["path_lower"].startswith(f"{path.lower()}/")]
        if not inside:
            raise _conflict(f"{about}/not_found", {".tag": about, about: {".tag": "not_found"}})
        display = inside[0]["path_display"][: len(path)]
        return {".tag": "folder", "name": display.rpartition("/")[2], "path_lower": path.lower(),
                "path_display": display, "id": f"id:folder{path}"}  # fmt: skip

    async def _list(self, request: web.Request) -> web.Response:
        argument = await self._argument(request, {"path", "recursive", "limit", "include_deleted"})
        if argument["path"] == "/":
            raise web.HTTPBadRequest(text="Specify the root folder as an empty string rather than as /")
        if not 1 <= argument.get("limit", 1) <= 2000:
            raise web.HTTPBadRequest(text="limit is out of range")
        folder = _path(argument["path"]) if argument["path"] else ""
        if folder and self._found(folder, "path")[".tag"] != "folder":
            raise _conflict("path/not_folder", {".tag": "path", "path": {".tag": "not_folder"}})
        names = sorted({each["path_display"][len(folder) + 1 :].partition("/")[0] for each in self.files.values()
                        if each["path_lower"].startswith(f"{folder.lower()}/")})  # fmt: skip
        return self._page([f"{folder}/{name}" for name in names], 0)

    def _page(self, paths: list[str], start: int) -> web.Response:
        end = start + self.page_size
        entries = [self._found(path, "path") for path in paths[start:end]]
        return web.json_response({"entries": entries, "cursor": json.dumps([paths, end]), "has_more": end < len(paths)})

    async def _continue(self, request: web.Request) -> web.Response:
        argument = await self._argument(request, {"cursor"})
        return self._page(*json.loads(argument["cursor"]))

    async def _download(self, request: web.Request) -> web.Response:
        argument = self._header(request, {"path", "rev"})
        if request.headers.get("Content-Type", "application/octet-stream") != "application/octet-stream":
            raise web.HTTPBadRequest(text="Bad HTTP Content-Type header")
        by_rev = [each for each in self.files.values() if argument["path"] == f"rev:{each['rev']}"]
        if not by_rev:
            raise _conflict("path/not_found", {".tag": "path", "path": {".tag": "not_found"}})
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        content = by_rev[0]["content"]
        if span is None:
            return web.Response(body=content)
        return web.Response(status=206, body=content[int(span[1]) : int(span[2]) + 1])

    async def _upload(self, request: web.Request) -> web.Response:
        argument = self._header(request, _COMMIT | {"content_hash"})
        body = await _content(request, argument)
        return self._committed(argument, body)

    def _committed(self, commit: Mapping[str, Any], content: bytes) -> web.Response:
        path, mode = _path(commit["path"]), commit.get("mode", "add")
        if mode not in {"add", "overwrite"} or commit.get("autorename"):
            raise web.HTTPBadRequest(text="mode")
        there = self.files.get(path.lower())
        is_same = there is not None and there["content_hash"] == hash_of(content)
        if there is not None and mode == "add" and (commit.get("strict_conflict") or not is_same):
            raise _conflict("path/conflict/file", {".tag": "path", "reason": {".tag": "conflict"}})
        if any(each.startswith(f"{path.lower()}/") for each in self.files):
            raise _conflict("path/conflict/folder", {".tag": "path", "reason": {".tag": "conflict"}})
        self.add(path, content)
        return web.json_response(
            {each: value for each, value in _shown(self.files[path.lower()]).items() if each != ".tag"}
        )

    async def _session_start(self, request: web.Request) -> web.Response:
        argument = self._header(request, {"close", "session_type", "content_hash"})
        session = f"session-{next(self._numbers)}"
        self.sessions[session] = bytearray(await _content(request, argument))
        return web.json_response({"session_id": session})

    async def _append(self, request: web.Request) -> web.Response:
        argument = self._header(request, {"cursor", "close", "content_hash"})
        session = self._session(argument["cursor"], "")
        session += await _content(request, argument)
        return web.json_response(None)

    def _session(self, cursor: Mapping[str, Any], about: str) -> bytearray:
        session = self.sessions.get(cursor["session_id"])
        if session is None:
            raise _conflict(f"{about}not_found/", {".tag": "not_found"})
        if cursor["offset"] != len(session):
            error = {".tag": "incorrect_offset", "correct_offset": len(session)}
            raise _conflict(f"{about}incorrect_offset/", error)
        return session

    async def _finish(self, request: web.Request) -> web.Response:
        argument = self._header(request, {"cursor", "commit", "content_hash"})
        _known(argument["commit"], _COMMIT)
        session = self._session(argument["cursor"], "lookup_failed/")
        session += await _content(request, argument)
        answer = self._committed(argument["commit"], bytes(session))
        del self.sessions[argument["cursor"]["session_id"]]
        return answer

    async def _delete(self, request: web.Request) -> web.Response:
        argument = await self._argument(request, {"path", "parent_rev"})
        found = self._found(_path(argument["path"]), "path_lookup")
        del self.files[found["path_lower"]]
        return web.json_response({"metadata": found})

    async def _share(self, request: web.Request) -> web.Response:
        argument = await self._argument(request, {"path", "settings"})
        _known(argument["settings"], {"audience", "access", "allow_download", "requested_visibility", "expires"})
        path = self._found(_path(argument["path"]), "path")["path_lower"]
        if path in self.links:
            raise _conflict("shared_link_already_exists/", {".tag": "shared_link_already_exists"})
        self.links[path] = f"https://www.dropbox.com/scl/fi/{next(self._numbers)}{path}?dl=0"
        return web.json_response({".tag": "file", "url": self.links[path]})

    async def _links(self, request: web.Request) -> web.Response:
        argument = await self._argument(request, {"path", "direct_only", "cursor"})
        return web.json_response({"links": [{"url": self.links[argument["path"].lower()]}], "has_more": False})


def hash_of(content: bytes) -> str:
    """The service's content_hash."""
    blocks = (content[start : start + _BLOCK] for start in range(0, len(content), _BLOCK))
    return hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in blocks)).hexdigest()


async def _content(request: web.Request, argument: Mapping[str, Any]) -> bytes:
    if request.headers.get("Content-Type") != "application/octet-stream":
        raise web.HTTPBadRequest(text="Bad HTTP Content-Type header")
    body = await request.read()
    if len(body) > _MOST:
        raise _conflict("payload_too_large/", {".tag": "payload_too_large"})
    if argument.get("content_hash") not in {None, hash_of(body)}:
        raise _conflict("content_hash_mismatch/", {".tag": "content_hash_mismatch"})
    return body


def _known(argument: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(argument, dict) or not set(argument) <= known:
        raise web.HTTPBadRequest(text=f"unknown field of {argument}")
    return argument


def _path(path: str) -> str:
    if not _PATH.fullmatch(path) or path.endswith("/"):
        raise web.HTTPBadRequest(text=f"path: {path} did not match the pattern")
    return path


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "content"}


def _conflict(summary: str, error: Mapping[str, Any]) -> web.HTTPError:
    return _error(web.HTTPConflict, summary, error)


def _error(kind: type[web.HTTPError], summary: str, error: Mapping[str, Any]) -> web.HTTPError:
    return kind(text=json.dumps({"error_summary": f"{summary}...", "error": error}), content_type="application/json")
