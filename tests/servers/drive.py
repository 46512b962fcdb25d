"""Google Drive as its documentation describes it, in memory: what that does not allow is refused."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.servers.service import Service

FOLDER = "application/vnd.google-apps.folder"
ROOT = "0ARootOfTheDrivePVA"
SHARED = "0BSharedDrive123PVA"
_QUERY = re.compile(
    r"'(?P<parent>(?:[^'\\]|\\.)*)' in parents(?: and name = '(?P<name>(?:[^'\\]|\\.)*)')?"
    r" and trashed = false(?: and mimeType != '(?P<not_type>[^']*)')?"
)
_CHUNK = 256 * 1024


class Drive(Service):
    """`files` {id: entry}, whose content stands beside the facts."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, dict[str, Any]] = {}
        self.tokens = {"good-token"}
        self.refresh_tokens = {"refresh-me"}
        self.public_key: Any = None
        self.generated: set[str] = set()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.page_size = 1000
        self._numbers = itertools.count(1)

    def credentials(self, **more: str) -> str:
        """As a secret holds them."""
        return json.dumps({"access_token": "good-token", "api_base": self.url, **more})

    def add(self, name: str, content: bytes = b"", *, parent: str = ROOT, **facts: Any) -> str:
        """Somebody else's file or folder."""
        id_ = self._new_id()
        self._put(id_, {"name": name, "parents": [parent], **facts}, content)
        return id_

    def named(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.files.values() if each["name"] == name and not each["trashed"]]

    def routes(self) -> list[web.RouteDef]:
        files = "/drive/v3/files"
        return [
            web.post("/token", self._token), web.get(files, self._list), web.post(files, self._create),
            web.get(f"{files}/generateIds", self._generate), web.get(f"{files}/{{id}}", self._get),
            web.patch(f"{files}/{{id}}", self._patch), web.delete(f"{files}/{{id}}", self._delete),
            web.post(f"{files}/{{id}}/permissions", self._permit),
            web.post(f"/upload{files}", self._begin), web.patch(f"/upload{files}/{{id}}", self._begin),
            web.put(f"/upload{files}", self._receive),
        ]  # fmt: skip

    def _new_id(self) -> str:
        return f"1File{next(self._numbers):028d}"

    def _put(self, id_: str, facts: Mapping[str, Any], content: bytes) -> dict[str, Any]:
        number = next(self._numbers)
        moment = f"2026-11-26T04:{number // 60 % 60:02d}:{number % 60:02d}.{number:03d}Z"
        before = self.files.get(id_, {"createdTime": moment, "permissions": [], "trashed": False, "mimeType": ""})
        entry = {**before, **facts, "id": id_, "modifiedTime": moment, "version": str(number), "content": content}
        entry["webViewLink"] = f"https://drive.google.com/file/d/{id_}/view"
        if not entry["mimeType"].startswith("application/vnd.google-apps."):
            entry |= {"size": str(len(content)), "md5Checksum": hashlib.md5(content).hexdigest()}
        self.files[id_] = entry
        return entry

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        if form.get("grant_type") == "refresh_token":
            good = form.get("refresh_token") in self.refresh_tokens and form.get("client_id") == "app"
        else:
            good = form.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" and self._is_signed(form)
        if not good:
            return web.json_response({"error": "invalid_grant", "error_description": "Bad Request"}, status=400)
        token = f"fetched-token-{next(self._numbers)}"
        self.tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _is_signed(self, form: Mapping[str, Any]) -> bool:
        from google.auth import jwt

        try:
            claims = jwt.decode(form["assertion"], certs=self.public_key, audience=f"{self.url}/token")
        except ValueError:
            return False
        return bool(claims["scope"] == "https://www.googleapis.com/auth/drive" and claims["iss"])

    def _check(self, request: web.Request) -> None:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise _error(web.HTTPUnauthorized, "authError", 401)
        if request.query.get("supportsAllDrives") != "true" and "generateIds" not in request.path:
            raise _error(web.HTTPNotFound, "notFound", 404)

    def _entry(self, request: web.Request) -> dict[str, Any]:
        id_ = request.match_info["id"]
        if id_ == "root" or id_ in {ROOT, SHARED}:
            return {"id": ROOT if id_ == "root" else id_, "name": "Drive", "mimeType": FOLDER, "trashed": False}
        if id_ not in self.files:
            raise _error(web.HTTPNotFound, "notFound", 404)
        return self.files[id_]

    async def _list(self, request: web.Request) -> web.Response:
        self._check(request)
        query = _QUERY.fullmatch(request.query["q"])
        if query is None or not 1 <= int(request.query.get("pageSize", "100")) <= 1000:
            raise _error(web.HTTPBadRequest, "invalid", 400)
        if "driveId" in request.query and request.query.get("corpora") != "drive":
            raise _error(web.HTTPBadRequest, "invalid", 400)
        parent = _unquoted(query["parent"])
        parent = ROOT if parent == "root" else parent
        sees_shared = request.query.get("includeItemsFromAllDrives") == "true"
        found = [
            each for each in self.files.values()
            if parent in each["parents"] and not each["trashed"] and each["mimeType"] != query["not_type"]
            and (query["name"] is None or each["name"].lower() == _unquoted(query["name"]).lower())
            and (sees_shared or parent != SHARED)
        ]  # fmt: skip
        start = int(request.query.get("pageToken", "0"))
        end = start + min(self.page_size, int(request.query.get("pageSize", "100")))
        fields = re.fullmatch(r"nextPageToken,files\((.*)\)", request.query["fields"])
        if fields is None:
            raise _error(web.HTTPBadRequest, "invalidParameter", 400)
        page: dict[str, Any] = {"files": [_only(each, fields[1]) for each in found[start:end]]}
        if end < len(found):
            page["nextPageToken"] = str(end)
        return web.json_response(page)

    async def _generate(self, request: web.Request) -> web.Response:
        self._check(request)
        ids = [self._new_id() for _ in range(int(request.query.get("count", "10")))]
        self.generated.update(ids)
        return web.json_response({"ids": ids, "space": "drive", "kind": "drive#generatedIds"})

    async def _get(self, request: web.Request) -> web.Response:
        self._check(request)
        entry = self._entry(request)
        if request.query.get("alt") != "media":
            return web.json_response(_only(entry, request.query.get("fields", "kind,id,name,mimeType")))
        if "size" not in entry:
            raise _error(web.HTTPForbidden, "fileNotDownloadable", 403)
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        if span is None:
            return web.Response(body=entry["content"])
        if int(span[1]) >= len(entry["content"]):
            return web.Response(status=416)
        return web.Response(status=206, body=entry["content"][int(span[1]) : int(span[2]) + 1])

    async def _create(self, request: web.Request) -> web.Response:
        self._check(request)
        facts = await request.json()
        self._check_new(facts)
        return web.json_response(_only(self._put(facts["id"], facts, b""), request.query["fields"]))

    def _check_new(self, facts: Mapping[str, Any]) -> None:
        if facts["id"] in self.files:
            raise _error(web.HTTPConflict, "fileIdInUse", 409)
        if facts["id"] not in self.generated:
            raise _error(web.HTTPBadRequest, "invalid", 400)
        for parent in facts["parents"]:
            if parent not in {"root", ROOT, SHARED} and parent not in self.files:
                raise _error(web.HTTPNotFound, "notFound", 404)

    async def _patch(self, request: web.Request) -> web.Response:
        self._check(request)
        entry = self._entry(request)
        entry |= await request.json()
        return web.json_response({"id": entry["id"]})

    async def _delete(self, request: web.Request) -> web.Response:
        self._check(request)
        del self.files[self._entry(request)["id"]]
        return web.Response(status=204)

    async def _permit(self, request: web.Request) -> web.Response:
        self._check(request)
        permission = await request.json()
        if permission.get("type") not in {"user", "group", "domain", "anyone"} or permission.get("role") != "reader":
            raise _error(web.HTTPBadRequest, "invalid", 400)
        self._entry(request)["permissions"].append(permission)
        return web.json_response({"id": "anyoneWithLink", **permission})

    async def _begin(self, request: web.Request) -> web.Response:
        self._check(request)
        if request.query.get("uploadType") != "resumable":
            raise _error(web.HTTPBadRequest, "invalid", 400)
        if not request.headers["Content-Type"].startswith("application/json; charset=UTF-8"):
            raise _error(web.HTTPBadRequest, "invalid", 400)
        facts = await request.json()
        if request.method == "POST":
            self._check_new(facts)
            facts["parents"] = [ROOT if each == "root" else each for each in facts["parents"]]
        else:
            facts["id"] = self._entry(request)["id"]
        session = f"session-{next(self._numbers)}"
        self.sessions[session] = {
            "facts": facts, "content": b"", "fields": request.query["fields"], "done": None,
            "length": int(request.headers["X-Upload-Content-Length"]), "type": request.headers["X-Upload-Content-Type"],
        }  # fmt: skip
        location = f"{self.url}/upload/drive/v3/files?uploadType=resumable&supportsAllDrives=true&upload_id={session}"
        return web.Response(headers={"Location": location})

    async def _receive(self, request: web.Request) -> web.Response:
        session = self.sessions.get(request.query["upload_id"])
        if session is None:
            return web.Response(status=404)
        body = await request.read()
        span = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+))/(\d+)", request.headers.get("Content-Range", ""))
        if session["done"] is None and not (span and span[1] is None and session["length"]):
            problem = self._take(session, body, span)
            if problem is not None:
                return problem
        if session["done"] is not None:
            return web.json_response(_only(session["done"], session["fields"]))
        size = len(session["content"])
        return web.Response(status=308, headers={"Range": f"bytes=0-{size - 1}"} if size else {})

    def _take(self, session: dict[str, Any], body: bytes, span: re.Match[str] | None) -> web.Response | None:
        length = session["length"]
        if span is None:
            is_good = not body and not length
        else:
            start, end, total = (int(each or -1) for each in span.groups())
            is_good = start == len(session["content"]) and end - start + 1 == len(body) and total == length
            is_good &= end + 1 == total or not len(body) % _CHUNK
        if not is_good:
            return web.Response(status=400, text="bad range")
        session["content"] += body
        if len(session["content"]) == length:
            facts = {**session["facts"]}
            facts.setdefault("mimeType", session["type"])
            session["done"] = self._put(facts["id"], facts, session["content"])
        return None

    async def cut(self, request: web.Request, received: bytes) -> None:
        """Of a chunk that was cut off whole pieces of 256 KiB are kept."""
        session = self.sessions.get(request.query.get("upload_id", ""))
        if session is not None:
            session["content"] += received[: len(received) // _CHUNK * _CHUNK]


def _only(entry: Mapping[str, Any], fields: str) -> dict[str, Any]:
    return {name: entry[name] for name in fields.split(",") if name in entry}


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _error(kind: type[web.HTTPError], reason: str, code: int) -> web.HTTPError:
    error = {"code": code, "message": reason, "errors": [{"domain": "global", "reason": reason, "message": reason}]}
    return kind(text=json.dumps({"error": error}), content_type="application/json")
