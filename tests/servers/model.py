"""A model of the tests' own behind an API as OpenAI's: no model at all, but answers that follow from the request.

What a field is called is looked for in the data: a column of that name, a line "Name: value" of a document or text; of
an enum the first word that the data mentions. So the values that a test expects can be read in its rows.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.service import Service


@dataclass(slots=True)
class Call:
    """One request as it arrived."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def system(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def data(self) -> dict[str, Any]:
        """The row, or the rows, that it is about."""
        found: dict[str, Any] = json.loads(self.body["messages"][1]["content"])
        return found

    @property
    def schema(self) -> dict[str, Any] | None:
        """The schema that the answer is held to, however it is told; None for JSON of any kind."""
        format_ = self.body.get("response_format") or {}
        if format_.get("type") == "json_schema":
            return dict(format_["json_schema"]["schema"])
        if self.body.get("tools"):
            return dict(self.body["tools"][0]["function"]["parameters"])
        return None


@dataclass(slots=True)
class ModelServer(Service):
    """`script` says what is answered first, one after another: a text as it is, an object as JSON, a function of the
    call; then answers are made up. `fail("POST", "/v1", status=429, …)` comes from Service. `forms` are the ways to
    ask for JSON that it knows; another is refused as services do."""

    script: list[Any] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    forms: tuple[str, ...] = ("json_schema", "json_object", "tool")
    delay_s: float = 0.0
    most_at_once: int = 0
    """The most calls that were on their way together."""
    most_allowed: int | None = None
    """Of more calls at once the others are told that they are too many."""
    poison: tuple[str, int] | None = None
    """A text, and the status with which every call is answered that has it."""
    keeps: bool = True
    """Whether `calls` are kept; a benchmark has no use for them."""
    _at_once: int = 0

    def __post_init__(self) -> None:
        Service.__init__(self)

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/chat/completions", self._complete)]

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        call = Call(await request.json(), dict(request.headers))
        if self.keeps:
            self.calls.append(call)
        form = (call.body.get("response_format") or {}).get("type") or ("tool" if call.body.get("tools") else "text")
        if form != "text" and form not in self.forms:
            error = {"message": f"response_format {form} is not supported", "type": "invalid_request_error"}
            return web.json_response({"error": error}, status=400)
        if self.most_allowed is not None and self._at_once >= self.most_allowed:
            error = {"message": "slow down", "type": "rate_limit_error"}
            return web.json_response({"error": error}, status=429, headers={"Retry-After": "0"})
        if self.poison is not None and self.poison[0] in json.dumps(call.data):
            return web.json_response({"error": {"message": "that cannot be done"}}, status=self.poison[1])
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
        finally:
            self._at_once -= 1
        return web.json_response(_completion(call, self._said(call), form))

    def _said(self, call: Call) -> str:
        if self.script:
            said = self.script.pop(0)
            said = said(call) if isinstance(said, Callable) else said  # type: ignore[arg-type]
            return said if isinstance(said, str) else json.dumps(said)
        return json.dumps(made_up(call.schema or _told(call.system), call.data))


def _completion(call: Call, said: str, form: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said}
    if form == "tool":
        function = {"name": "answer", "arguments": said}
        message = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function",
                                                                         "function": function}]}  # fmt: skip
    tokens_in = sum(len(each["content"]) for each in call.body["messages"]) // 4
    usage = {"prompt_tokens": tokens_in, "completion_tokens": len(said) // 4 + 1}
    return {"id": "c", "object": "chat.completion", "model": call.body["model"], "usage": usage,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}  # fmt: skip


def _told(system: str) -> dict[str, Any]:
    """The schema that stands in the words of a request."""
    found: dict[str, Any] = json.loads(system[system.rindex('{"type":"object"') if '"answers"' not in system else
                                              system.index('{"type":"object","properties":{"answers"'):])  # fmt: skip
    return found


def made_up(schema: Mapping[str, Any], data: Mapping[str, Any]) -> Any:
    """An answer of the schema, its values looked for in the data."""
    if "answers" in schema.get("properties", {}):
        each = schema["properties"]["answers"]["items"]
        return {"answers": [made_up(each, row) | {"row": row["row"]} for row in data["rows"]]}
    text = _text(data)
    return {name: _value(name, inside, data, text) for name, inside in schema["properties"].items()}


def _value(name: str, schema: Mapping[str, Any], data: Mapping[str, Any], text: str) -> Any:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "object" in kinds:
        return {each: _value(each, inside, data, text) for each, inside in schema["properties"].items()}
    if "array" in kinds:
        return [_value(name, schema["items"], data, text)]
    if "enum" in schema:
        words = [each for each in schema["enum"] if each is not None]
        return min((each for each in words if each.lower() in text.lower()),
                   key=lambda each: text.lower().index(each.lower()), default=words[0])  # fmt: skip
    found = _looked_for(name, data, text)
    if found is None:
        return None if "null" in kinds else {"string": text[:40], "boolean": False}.get(kinds[0], 0)
    if kinds[0] in {"integer", "number"}:
        number = float(str(found).replace(",", ""))
        return int(number) if number == int(number) else number
    return found if kinds[0] != "boolean" else str(found).lower() in {"true", "yes"}


def _looked_for(name: str, data: Mapping[str, Any], text: str) -> Any:
    columns = data.get("columns") or {}
    if name in columns:
        return columns[name]
    line = re.search(rf"^\W*{re.escape(name)}\W*:\s*(.+?)\s*$", text, re.IGNORECASE | re.MULTILINE)
    return line[1] if line else None


def _text(data: Mapping[str, Any]) -> str:
    """All that the data says, a value a line."""
    lines = [each["text"] for each in data.get("documents", ())]
    lines += [f"{name}: {value}" if not isinstance(value, str) or ":" not in value else value
              for name, value in (data.get("columns") or {}).items()]  # fmt: skip
    lines += [" ".join(map(str, row.values())) for row in data.get("rows", ()) if "columns" not in row]
    return "\n".join(lines)
