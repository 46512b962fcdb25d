"""Examples of actions carried out against the answers that they bring along; nothing is sent."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from multidict import CIMultiDict

from connectors.http.answers import Answer
from connectors.http.blocking import waited_for
from connectors.http.client import Request
from connectors.plugins.account import PluginAccount, connect
from connectors.plugins.files import FileStore
from connectors.plugins.http.session import HttpSession
from connectors.plugins.manifest import Example, Manifest
from connectors.plugins.pace import DefaultPace
from connectors.plugins.plugin import Action
from connectors.plugins.templating import Roots, compiled
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass

NOW_S = 1_774_000_000.0
"""The time of every example: 2026-03-20 09:46:40 UTC."""
_FILE_KEYS = frozenset({"name", "mime", "size", "base64", "text"})
_NO_ANSWER = {"status": 501, "text": "the example has no further answer"}
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """A request as the example sent it."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None

    @property
    def media_type(self) -> str:
        return next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")

    @property
    def body(self) -> Any:
        """What the body says: JSON, the pairs of a form, or text; None where it is of another kind."""
        if self.content is None:
            return None
        if "json" in self.media_type:
            return json.loads(self.content)
        if self.media_type == _FORM:
            return dict(parse_qsl(self.content.decode(), keep_blank_values=True))
        return self.content.decode("utf-8", "replace") if self.media_type.startswith("text/") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What an example sent and gave."""

    requests: tuple[SentRequest, ...]
    output: Any
    left: int = 0
    """Answers that nobody asked for."""
    problem: ConnectorProblem | None = None


@dataclass(slots=True)
class _Answers:
    """In place of a client: the answers of an example, in their order."""

    left: list[Mapping[str, Any]]
    sent: list[SentRequest] = field(default_factory=list)

    async def ask(self, request: Request) -> Answer:
        self.sent.append(SentRequest(method=request.method, url=request.url, headers=request.headers,
                                     content=request.body))  # fmt: skip
        answer: Mapping[str, Any] = self.left.pop(0) if self.left else _NO_ANSWER
        content = _content(answer)
        headers = {"Content-Type": "application/json", **answer.get("headers", {})}
        return Answer(status=answer.get("status", 200), headers=CIMultiDict(headers), body=content)

    async def close(self) -> None:
        return


def _content(answer: Mapping[str, Any]) -> bytes:
    """The body of an example's answer: `body` is JSON, or a text as it is; `text` and `base64` are what they say."""
    if "base64" in answer:
        return base64.b64decode(answer["base64"])
    body = answer.get("text", answer.get("body"))
    return body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()


def replayed(action: Action, example: Example) -> Replayed:
    """The example of an action whose driver is http, carried out."""
    with tempfile.TemporaryDirectory() as folder:
        return waited_for(_replayed(action, example, FileStore(Path(folder))))


async def _replayed(action: Action, example: Example, files: FileStore) -> Replayed:
    answers = _Answers(list(example.responses))
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open(),
                            parts={**example_connection(action.plugin.manifest), **example.connection})  # fmt: skip
    parameters = with_files(compiled(example.parameters)(Roots(values={}, files=files)), files)
    try:
        session = HttpSession(action.plugin, connect(action.plugin.manifest, account), account, files,
                              _pace(), lambda: NOW_S, client=answers)  # fmt: skip
        outcome = await session.call(action, parameters, key="example")
    except ConnectorProblem as problem:
        return Replayed(requests=tuple(answers.sent), output=None, problem=problem)
    return Replayed(requests=tuple(answers.sent), output=outcome.output, left=len(answers.left))


def _pace() -> DefaultPace:
    """Limits are kept by a clock that moves when somebody sleeps: nobody waits for an example."""
    passed_s = 0.0

    async def sleeping(seconds: float) -> None:
        nonlocal passed_s
        passed_s += seconds

    return DefaultPace(most_attempts=1, clock=lambda: passed_s, sleeping=sleeping)


def with_files(value: Any, files: FileStore) -> Any:
    """Parameters whose files, written as {name, mime, base64} or {name, mime, text}, stand in the folder."""
    match value:
        case dict():
            if "name" in value and (value.keys() & {"base64", "text"}) and value.keys() <= _FILE_KEYS:
                content = base64.b64decode(value["base64"]) if "base64" in value else str(value["text"]).encode()
                return files.put(value["name"], content, mime=value.get("mime"))
            return {key: with_files(each, files) for key, each in value.items()}
        case list():
            return [with_files(each, files) for each in value]
    return value


def example_connection(manifest: Manifest) -> dict[str, Any]:
    """Made-up credentials of a manifest."""
    if manifest.auth.needs_token:
        return {"access_token": "example-token"} | {name: _made_up(name, each) for name, each in _required(manifest)}
    return {name: _made_up(name, each) for name, each in _required(manifest)}


def _required(manifest: Manifest) -> list[tuple[str, Mapping[str, Any]]]:
    properties = manifest.connection.get("properties", {})
    return [(name, properties.get(name, {})) for name in manifest.connection.get("required", [])]


def _made_up(name: str, schema: Mapping[str, Any]) -> Any:
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    return 1 if schema.get("type") in {"integer", "number"} else f"example-{name.replace('_', '-')}"


def _address(url: str) -> tuple[str, list[tuple[str, str]]]:
    """A URL without regard to the order of its query and to how it is encoded."""
    place, _, query = url.partition("?")
    return unquote(place), sorted(parse_qsl(query, keep_blank_values=True))


def is_part(wanted: Any, seen: Any) -> bool:
    """Whether a result is what an example says; objects may have further keys."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return all(key in seen and is_part(each, seen[key]) for key, each in wanted.items())
    if isinstance(wanted, list) and isinstance(seen, list):
        return len(wanted) == len(seen) and all(map(is_part, wanted, seen))
    return bool(wanted == seen)


def differences(wanted: list[dict[str, Any]], sent: tuple[SentRequest, ...]) -> list[tuple[int, str]]:
    """What of an example's requests is not what was sent, each with the number of the request."""
    found: list[tuple[int, str]] = []
    if len(wanted) != len(sent):
        found.append((0, f"the example says {len(wanted)} requests, {len(sent)} were sent"))
    for index, (want, request) in enumerate(zip(wanted, sent, strict=False)):
        if want.get("method", request.method) != request.method:
            found.append((index, f"sent {request.method}, not {want['method']}"))
        if "url" in want and _address(want["url"]) != _address(request.url):
            found.append((index, f"sent to {request.url}"))
        if "body" in want and want["body"] != request.body:
            found.append((index, f"sent the body {json.dumps(request.body, ensure_ascii=False)[:300]}"))
        lower = {name.lower(): value for name, value in request.headers.items()}
        found += [(index, f"sent {name}: {lower.get(name.lower(), 'nothing')}")
                  for name, value in want.get("headers", {}).items() if lower.get(name.lower()) != value]  # fmt: skip
    return found
