"""Google as its discovery documents describe it: what those do not allow is refused, in Google's words for it.

Behind the checks stand a mailbox, a drive and spreadsheets in memory; what they do not do is answered with a sample of
the method's schema.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from tests.plugins.discovery import Discovery, Operation, Sent, discovery
from tests.plugins.discovery_samples import sample
from tests.plugins.field_masks import masked, parse_mask
from tests.plugins.multipart import related_parts
from tests.servers.google_drive import GoogleDrive
from tests.servers.google_mailbox import Mailbox
from tests.servers.google_refusal import Refusal
from tests.servers.google_sheets import Spreadsheets
from tests.servers.service import Service

_NUMBERS = itertools.count(1)
APIS = ("gmail.v1", "drive.v3", "sheets.v4", "calendar.v3", "docs.v1")
PLUGINS = ("gmail", "google-drive", "google-sheets", "google-calendar", "google-docs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that Google's document allows."""

    operation: str
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: Any
    media: tuple[str, bytes] | None = None

    def text(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]

    def has(self, name: str) -> bool:
        return self.text(name) == "true"


class Google(Service):
    """`mailbox`, `drive` and `sheets` hold what there is; `refused` says what was asked against the documents."""

    def __init__(self, *, is_sampling: bool = False) -> None:
        """A sampling one has nothing behind its checks: every answer is the sample of its schema."""
        super().__init__()
        self.is_sampling = is_sampling
        self.token = f"good-token-{next(_NUMBERS)}"
        """Each server has one of its own: what one connection may ask for in a minute is counted by the connection."""
        self.tokens = {"good-token", self.token}
        self.refresh_tokens = {"refresh-me"}
        self.public_key: bytes = b""
        self.claims: Mapping[str, Any] = {}
        """What a service account has signed of itself."""
        self.mailbox = Mailbox()
        self.drive = GoogleDrive()
        self.sheets = Spreadsheets(self.drive)
        self.sent: list[Sent] = []
        self.refused: list[str] = []
        self._does: dict[str, Callable[[Asked], Any]] = {**self.mailbox.does, **self.drive.does, **self.sheets.does}

    def credentials(self, **more: str) -> dict[str, str]:
        """As a secret holds them."""
        return {"access_token": self.token, "api_base": self.url, "drive_base": self.url, **more}

    def environment(self) -> dict[str, str]:
        """The secrets of all the plugins, as variables."""
        return {f"WEIRFLOW_{key.upper().replace('-', '_')}": json.dumps(self.credentials()) for key in PLUGINS}

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/token", self._token), web.route("*", "/{path:.*}", self._answer)]

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        if form.get("grant_type") == "refresh_token":
            is_good = form.get("refresh_token") in self.refresh_tokens and form.get("client_id") == "app"
        else:
            is_good = form.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" and self._is_signed(form)
        if not is_good:
            return web.json_response({"error": "invalid_grant", "error_description": "Bad Request"}, status=400)
        token = f"fetched-token-{len(self.tokens)}"
        self.tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _is_signed(self, form: Mapping[str, Any]) -> bool:
        """Whether a service account has signed, as Google's own package verifies it."""
        from google.auth import jwt

        try:
            self.claims = jwt.decode(form["assertion"], certs=self.public_key, audience=f"{self.url}/token")
        except ValueError:
            return False
        return True

    async def _answer(self, request: web.Request) -> web.Response:
        sent = Sent(method=request.method, url=str(request.url), headers=request.headers, body=await request.read())
        self.sent.append(sent)
        try:
            if sent.header("authorization").removeprefix("Bearer ") not in self.tokens:
                raise Refusal(401, "Request had invalid authentication credentials.", "authError")
            if request.method == "PUT" and "upload_id" in request.query:
                return self._stored(request.query["upload_id"], sent)
            return self._carried_out(sent)
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)

    def _carried_out(self, sent: Sent) -> web.Response:
        api, operation = _operation(sent)
        problems = api.problems(sent)
        if problems:
            self.refused.extend(problems)
            raise Refusal(400, "; ".join(problems), "invalid")
        asked = _asked(operation, sent)
        if operation.is_upload and asked.text("uploadType") == "resumable":
            session = self.drive.begin(asked, sent.header("x-upload-content-type"), operation.path.get("fileId"))
            return web.Response(headers={"Location": f"{self.url}{urlsplit(sent.url).path}?upload_id={session}"})
        does = self._does.get(operation.id)
        found = does(asked) if does is not None and not self.is_sampling else _sampled(api, operation, asked)
        return self._written(api, operation, asked, found)

    def _written(self, api: Discovery, operation: Operation, asked: Asked, found: Any) -> web.Response:
        if isinstance(found, tuple):
            return web.Response(body=found[1], content_type=found[0])
        if "response" not in operation.facts:
            return web.Response(status=204)
        schema = operation.facts["response"]["$ref"]
        mistakes = api.schemas.response_problems(schema, found)
        assert not mistakes, f"{operation.id} answers what Google never would: {mistakes}"
        fields = asked.text("fields") or ("kind,id,name,mimeType" if operation.id.startswith("drive.files.") else "*")
        if operation.id == "drive.files.list" and "fields" not in asked.query:
            fields = "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)"
        return web.json_response(masked(found, parse_mask(fields)))

    def _stored(self, session: str, sent: Sent) -> web.Response:
        if self.is_sampling:
            api = discovery("drive.v3")
            return web.json_response(sample({"$ref": "File"}, api.document["schemas"]))
        return web.json_response(self.drive.receive(session, sent.header("content-range"), sent.body))


def _sampled(api: Discovery, operation: Operation, asked: Asked) -> Any:
    if asked.text("alt") == "media" or operation.id.endswith(".export"):
        return "text/plain", b"some text"
    response = operation.facts.get("response")
    return sample(response, api.document["schemas"]) if response else None


def _operation(sent: Sent) -> tuple[Discovery, Operation]:
    for name in APIS:
        api = discovery(name)
        if operation := api.operation(sent.method, sent.url):
            return api, operation
    raise Refusal(404, f"{sent.method} {urlsplit(sent.url).path} is nothing here", "notFound")


def _asked(operation: Operation, sent: Sent) -> Asked:
    query = parse_qs(urlsplit(sent.url).query, keep_blank_values=True)
    text, media = sent.body, None
    if query.get("uploadType") == ["media"]:
        text, media = b"", (sent.header("content-type"), sent.body)
    elif query.get("uploadType") == ["multipart"]:
        text, media = related_parts(sent.header("content-type"), sent.body)
    return Asked(
        operation=operation.id, path=operation.path, query=query, body=json.loads(text) if text else {}, media=media
    )
