"""The examples of manifests: what they send and give, with their own answers in place of the service's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from connectors.plugins.files import FileStore
from connectors.plugins.json_schemas import plain
from connectors.plugins.manifest import Example
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.registry import find_plugin
from tests.connectors.plugins.calling import called, opened
from tests.plugins.discovery import Sent
from tests.servers.service import Service


@dataclass(frozen=True, slots=True)
class Case:
    """An example of an action."""

    action: Action
    example: Example

    def __str__(self) -> str:
        return f"{self.action.plugin.key}.{self.action.name}: {self.example.name}"


def cases(*keys: str) -> Iterator[Case]:
    """The examples of these plugins."""
    for key in keys:
        for action in find_plugin(key).actions.values():
            for example in action.manifest.examples:
                yield Case(action, example)


class Scripted(Service):
    """Answers requests one after the other with what an example says, wherever they go."""

    def __init__(self, responses: list[dict[str, Any]]) -> None:
        super().__init__()
        self.responses = list(responses)
        self.sent: list[Sent] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self._answer)]

    async def _answer(self, request: web.Request) -> web.Response:
        url = f"{self.url}{request.raw_path}"
        self.sent.append(Sent(method=request.method, url=url, headers=dict(request.headers), body=await request.read()))
        if not self.responses:
            return web.Response(status=500, text="the example has no further answer")
        told = self.responses.pop(0)
        if "body" in told:
            return web.json_response(told["body"], status=told["status"], headers=told.get("headers"))
        return web.Response(text=told.get("text", ""), status=told["status"], headers=told.get("headers"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of an example."""

    sent: list[Sent]
    output: Any
    left: int
    """Answers that nobody asked for."""


def replay(case: Case, folder: Path, connection: Mapping[str, Any]) -> Replayed:
    """The example's call against its own answers."""
    plugin: Plugin = case.action.plugin
    params = with_files(plain(case.example.parameters), FileStore(folder))
    with (
        Scripted(plain(case.example.responses)).running() as service,
        opened(plugin, service.url, folder=folder, **connection, **case.example.connection) as session,
    ):
        outcome = called(session, plugin, case.action.name, params, key="example")
        sent = [Sent(method=each.method, url=at_home(plugin, each.url), headers=each.headers, body=each.body)
                for each in service.sent]  # fmt: skip
    return Replayed(sent=sent, output=outcome.output, left=len(service.responses))


def with_files(value: Any, store: FileStore) -> Any:
    """The parameters with the files that {name, mime, text} stand for."""
    if isinstance(value, dict):
        if set(value) >= {"name", "text"} and set(value) <= {"name", "mime", "text"}:
            return store.put(value["name"], value["text"].encode(), mime=value.get("mime"))
        return {key: with_files(each, store) for key, each in value.items()}
    if isinstance(value, list):
        return [with_files(each, store) for each in value]
    return value


def at_home(plugin: Plugin, url: str) -> str:
    """The URL at the vendor's own host, which the stand-in took the place of."""
    parts = urlsplit(url)
    base = urlsplit(plugin.manifest.base_url or "")
    return parts._replace(scheme=base.scheme, netloc=base.netloc).geturl()


def body_of(sent: Sent) -> Any:
    """A JSON body, else None."""
    try:
        return json.loads(sent.body)
    except ValueError:
        return None


def negatives(case: Case, store: FileStore) -> Iterator[dict[str, Any]]:
    """The example's parameters with each required one left out, each of the wrong type, and one that there is not."""
    schema = case.action.manifest.parameters
    good = with_files(plain(case.example.parameters), store)
    for name in schema.get("required", []):
        yield {key: each for key, each in good.items() if key != name}
    for name, each in schema.get("properties", {}).items():
        yield {**good, name: 17.5 if each.get("type") == "object" else {"of": "another type"}}
    yield {**good, "no_such_parameter": True}
