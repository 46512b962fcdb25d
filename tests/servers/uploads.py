"""Upload sessions as the vendors describe them: OneDrive's and Outlook's, Google's resumable ones, and Dropbox's."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from aiohttp import web

from tests.servers.dropbox import hash_of
from tests.servers.service import Service


class Uploads(Service):
    """One upload at a time. `files` are those that are complete, by their names.

    A request that is cut has arrived so far as it came where the vendor keeps that much, which all but Dropbox do.
    """

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.commits: list[dict[str, Any]] = []
        self.sent: list[str] = []
        self.attached: list[str] = []
        """The names of files that a draft has already."""
        self.parts: list[int] = []
        """The sizes of the parts that arrived whole."""
        self.arrived: bytearray | None = None
        self.total = 0
        self._name = ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(r"/v1.0/me/drive/root:/{name}:/createUploadSession", self._begin_graph),
            web.post(r"/v1.0/me/messages/{name}/attachments/createUploadSession", self._begin_attachment),
            web.post(r"/v1.0/me/messages", self._draft),
            web.post(r"/v1.0/me/messages/{name}/send", self._send),
            web.put(r"/up/graph", self._graph_part),
            web.get(r"/up/graph", self._graph_state),
            web.get(r"/v1.0/me/drive/root:/{name}", self._graph_item),
            web.put(r"/v1.0/me/drive/root:/{name}:/content", self._graph_whole),
            web.get(r"/v1.0/me/messages/{name}/attachments", self._attachments),
            web.post(r"/upload/drive/v3/files", self._begin_google),
            web.put(r"/upload/drive/v3/files", self._google_part),
            web.post(r"/2/files/upload_session/start", self._begin_dropbox),
            web.post(r"/2/files/upload_session/append_v2", self._dropbox_part),
            web.post(r"/2/files/upload_session/finish", self._dropbox_finish),
            web.post(r"/2/files/get_metadata", self._dropbox_metadata),
        ]

    async def cut(self, request: web.Request, received: bytes) -> None:
        if self.arrived is not None and "Content-Range" in request.headers:
            self.arrived += received

    def _begin(self, name: str) -> None:
        self._name, self.arrived = name, bytearray()

    async def _begin_graph(self, request: web.Request) -> web.Response:
        assert (await request.json())["item"]["@microsoft.graph.conflictBehavior"] == "replace"
        self._begin(request.match_info["name"])
        return web.json_response({"uploadUrl": f"{self.url}/up/graph?token=1", "expirationDateTime": "2026-12-01"})

    async def _begin_attachment(self, request: web.Request) -> web.Response:
        item = (await request.json())["attachmentItem"]
        assert item["attachmentType"] == "file"
        self.total = item["size"]
        self._begin(item["name"])
        return web.json_response(
            {"uploadUrl": f"{self.url}/up/graph?token=1", "nextExpectedRanges": ["0-"]}, status=201
        )

    async def _draft(self, request: web.Request) -> web.Response:
        assert "attachments" not in await request.json()
        return web.json_response({"id": "AAMk1", "isDraft": True}, status=201)

    async def _send(self, request: web.Request) -> web.Response:
        self.sent.append(request.match_info["name"])
        return web.Response(status=202)

    async def _graph_part(self, request: web.Request) -> web.Response:
        if self.arrived is None:
            return web.json_response({"error": {"code": "itemNotFound", "message": "no session"}}, status=404)
        assert "Authorization" not in request.headers
        if (wrong := await self._take(request)) is not None:
            return web.json_response({"error": {"message": wrong}}, status=416)
        if len(self.arrived) < self.total:
            return web.json_response({"nextExpectedRanges": [f"{len(self.arrived)}-"]}, status=202)
        content = self._complete()
        return web.json_response({"id": "01C", "name": self._name, "size": len(content)}, status=201)

    async def _graph_state(self, request: web.Request) -> web.Response:
        if self.arrived is None:
            return web.json_response({"error": {"code": "itemNotFound", "message": "no session"}}, status=404)
        return web.json_response({"nextExpectedRanges": [f"{len(self.arrived)}-{self.total - 1}"]})

    async def _graph_item(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self.files:
            return web.json_response({"error": {"code": "itemNotFound", "message": "no item"}}, status=404)
        hashes = {"quickXorHash": quick_xor_hash(self.files[name])}
        return web.json_response({"id": "01C", "name": name, "file": {"hashes": hashes}})

    async def _graph_whole(self, request: web.Request) -> web.Response:
        name, behaviour = request.match_info["name"], request.query["@microsoft.graph.conflictBehavior"]
        if name in self.files and behaviour == "fail":
            return web.json_response({"error": {"code": "nameAlreadyExists", "message": "it is there"}}, status=409)
        self.files[name] = await request.read()
        return web.json_response({"id": "01C", "name": name}, status=201)

    async def _attachments(self, request: web.Request) -> web.Response:
        listed = [{"id": f"at-{number}", "name": name} for number, name in enumerate([*self.attached, *self.files])]
        return web.json_response({"value": listed})

    async def _begin_google(self, request: web.Request) -> web.Response:
        self._begin((await request.json())["name"])
        place = "https://www.googleapis.com/upload/drive/v3/files?upload_id=17"
        return web.Response(headers={"Location": place})

    async def _google_part(self, request: web.Request) -> web.Response:
        assert self.arrived is not None
        if not request.headers.get("Content-Range", "").startswith("bytes */"):
            assert await self._take(request) is None
        if len(self.arrived) < self.total:
            known = {"Range": f"bytes=0-{len(self.arrived) - 1}"} if self.arrived else {}
            return web.Response(status=308, headers=known)
        content = self._complete(keeps=True)
        return web.json_response(
            {"id": "1Kz", "webViewLink": "https://drive.google.com/file/d/1Kz", "size": len(content)}
        )

    async def _take(self, request: web.Request) -> str | None:
        """A part that begins where the one before has ended."""
        assert self.arrived is not None
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers["Content-Range"])
        assert found is not None
        start, last, self.total = map(int, found.groups())
        body = await request.read()
        assert len(body) == last - start + 1 == request.content_length
        if start != len(self.arrived):
            return "the range was received before"
        self.arrived += body
        self.parts.append(len(body))
        return None

    def _complete(self, *, keeps: bool = False) -> bytes:
        assert self.arrived is not None
        content = self.files[self._name] = bytes(self.arrived)
        if not keeps:
            self.arrived = None
        return content

    async def _begin_dropbox(self, request: web.Request) -> web.Response:
        self._begin("")
        return web.json_response({"session_id": "s1"})

    async def _dropbox_part(self, request: web.Request) -> web.Response:
        assert self.arrived is not None
        offset = _argument(request)["cursor"]["offset"]
        body = await request.read()
        if offset != len(self.arrived):
            return _refused("incorrect_offset", correct_offset=len(self.arrived))
        self.arrived += body
        self.parts.append(len(body))
        return web.json_response(None)

    async def _dropbox_metadata(self, request: web.Request) -> web.Response:
        path = (await request.json())["path"]
        if path not in self.files:
            return _refused("path/not_found")
        return web.json_response({"id": "id:a", "content_hash": hash_of(self.files[path])})

    async def _dropbox_finish(self, request: web.Request) -> web.Response:
        if self.arrived is None:
            return _refused("lookup_failed/not_found")
        told = _argument(request)
        if told["cursor"] != {"session_id": "s1", "offset": len(self.arrived)}:
            return _refused("lookup_failed", correct_offset=len(self.arrived))
        self.commits.append(told["commit"])
        self._name = told["commit"]["path"]
        content = self._complete()
        return web.json_response({"id": "id:a", "name": self._name.rpartition("/")[2], "size": len(content)})


def quick_xor_hash(content: bytes) -> str:
    """The hash that OneDrive gives of a file, bit by bit as its description has it."""
    bits = [0] * 160
    for at, byte in enumerate(content):
        for bit in range(8):
            bits[(at * 11 + bit) % 160] ^= byte >> bit & 1
    found = sum(bit << at for at, bit in enumerate(bits)) ^ (len(content) << 96)
    return base64.b64encode(found.to_bytes(20, "little")).decode()


def _argument(request: web.Request) -> Any:
    return json.loads(request.headers["Dropbox-API-Arg"])


def _refused(tag: str, **more: int) -> web.Response:
    return web.json_response({"error_summary": f"{tag}/..", "error": {".tag": tag, **more}}, status=409)
