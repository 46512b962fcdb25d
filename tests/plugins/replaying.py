"""The examples of manifests, carried out against a service that answers as they say."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from aiohttp import web

from connectors.plugins.account import PluginAccount
from connectors.plugins.files import FileStore
from connectors.plugins.json_schemas import plain
from connectors.plugins.manifest import Example, Manifest
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.registry import SHIPPED, newest
from connectors.plugins.session import Session, open_session
from connectors.policy import Policy
from tests.connectors.plugins.calling import FakePace
from tests.plugins.sent import Sent
from tests.servers.service import Service


class Answering(Service):
    """Gives the answers of an example: that of the request that comes, or the next one where none is named."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []
        self._expected: list[Mapping[str, Any]] = []
        self._answers: list[Mapping[str, Any]] = []
        self._made_up: Callable[[Sent], Mapping[str, Any]] | None = None

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self._answer)]

    def expect(self, example: Example) -> None:
        """From now on the answers of this example."""
        self.sent, self._answers, self._made_up = [], list(example.responses), None
        self._expected = list(example.requests or [])

    def make_up(self, answer: Callable[[Sent], Mapping[str, Any]]) -> None:
        """From now on what this makes of a request."""
        self.sent, self._made_up = [], answer

    async def _answer(self, request: web.Request) -> web.Response:
        sent = Sent(method=request.method, url=str(request.rel_url), headers=dict(request.headers),
                    body=await request.read())  # fmt: skip
        self.sent.append(sent)
        if self._made_up is not None:
            return _response(self._made_up(sent))
        index = next((index for index, each in enumerate(self._expected) if is_same_place(sent, each)), 0)
        if self._expected:
            self._expected.pop(index)
        if index >= len(self._answers):
            return web.Response(status=599, text="the example has no answer for this request")
        return _response(self._answers.pop(index))


def _response(answer: Mapping[str, Any]) -> web.Response:
    body = answer.get("text", answer.get("body"))
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    headers = dict(answer.get("headers", {}))
    if content and not any(each.lower() == "content-type" for each in headers):
        headers["Content-Type"] = "text/plain" if isinstance(body, str) else "application/json"
    return web.Response(status=answer.get("status", 200), body=content, headers=headers)


def shipped_plugins() -> list[Plugin]:
    """Every plugin that is shipped, in its newest version."""
    return [each.plugin() for each in newest().values()]


def examples_of(plugin: Plugin) -> Iterator[tuple[Action, Example]]:
    """Every example of a plugin."""
    for action in plugin.actions.values():
        for each in action.manifest.examples:
            yield action, each


@contextmanager
def opened(plugin: Plugin, url: str, folder: Path, example: Example) -> Iterator[tuple[Session, FileStore]]:
    """A session of a plugin whose requests go to `url`, with the example's connection or one that is made up."""
    from connectors.http.blocking import waited_for

    parts = {**made_up(plugin.manifest), **example.connection, "api_base": url}
    files = FileStore(folder)
    session = open_session(
        plugin, PluginAccount(ref=None, base=SHIPPED, policy=Policy.open(), parts=parts),
        files=files, pace=FakePace(), now=lambda: 1_790_000_000.0,
    )  # fmt: skip
    try:
        yield session, files
    finally:
        waited_for(session.close())


def made_up(manifest: Manifest) -> dict[str, Any]:
    """Credentials that nobody has."""
    if manifest.auth.needs_token:
        return {"access_token": "an-example-token"}
    properties = manifest.connection.get("properties", {})
    return {name: f"an-example-{name}" for name in manifest.connection.get("required", ())
            if properties.get(name, {}).get("type", "string") == "string"}  # fmt: skip


def with_files(value: Any, files: FileStore) -> Any:
    """Parameters whose files are written {name, mime, text} or {name, mime, base64}, with file values."""
    value = plain(value)
    if isinstance(value, list):
        return [with_files(each, files) for each in value]
    if not isinstance(value, Mapping):
        return value
    if "name" in value and "mime" in value and ("text" in value or "base64" in value):
        content = value["text"].encode() if "text" in value else base64.b64decode(value["base64"])
        return files.put(value["name"], content, mime=value["mime"])
    return {key: with_files(each, files) for key, each in value.items()}


def is_same_place(sent: Sent, expected: Mapping[str, Any]) -> bool:
    """Whether a request goes where the example says, whatever the order of its query."""
    return sent.method == expected.get("method", "GET") and _place(sent.url) == _place(expected["url"])


def difference(sent: Sent, expected: Mapping[str, Any]) -> str | None:
    """How a request differs from what the example says of it."""
    if not is_same_place(sent, expected):
        return f"{sent.method} {sent.url} is not {expected.get('method', 'GET')} {expected['url']}"
    for name, value in expected.get("headers", {}).items():
        if sent.header(name.lower()) != str(value):
            return f"header {name} is {sent.header(name.lower())!r}, not {value!r}"
    wanted = expected.get("body")
    if wanted is None:
        return None
    seen = body_of(sent, wanted)
    return None if holds(seen, wanted) else f"the body is {seen}, not {wanted}"


def body_of(sent: Sent, like: Any = None) -> Any:
    """The body of a request: text where `like` is one, else what its type says."""
    kind = sent.header("content-type").partition(";")[0].lower()
    if isinstance(like, str):
        return sent.body.decode()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(sent.body.decode(), keep_blank_values=True))
    if kind == "multipart/form-data":
        from tests.plugins.specifications.bodies import parts

        return {
            name: part.get_payload(decode=True).decode() for name, part in parts(sent.header("content-type"), sent.body)
        }
    return json.loads(sent.body) if sent.body else None


def holds(value: Any, wanted: Any) -> bool:
    """Whether a value has all that is wanted of it; mappings may have more."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            key in value and holds(value[key], each) for key, each in wanted.items()
        )
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return isinstance(value, list) and len(value) == len(wanted) and all(map(holds, value, wanted))
    return bool(value == wanted) and isinstance(value, bool) is isinstance(wanted, bool)


def _place(url: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(url)
    return unquote(parts.path), sorted(parse_qsl(parts.query, keep_blank_values=True))
