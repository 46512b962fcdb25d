"""One conversation with a service that speaks as OpenAI's does: what is posted, and what its answer says."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from connectors.ai.answering import Task, Usage
from connectors.ai.configuration import AiSettings, Model
from connectors.ai.json_text import json_text
from connectors.ai.service.throttle import seconds_of
from connectors.ai.spending import cost_of
from connectors.http.answers import Answer as HttpAnswer
from connectors.http.answers import reason_of, retry_after_s
from connectors.http.client import HttpClient, Request
from connectors.problem import ConnectorProblem
from ir.records import dataclass

Rung = Literal["json_schema", "json_object", "tool", "text"]
LADDER: tuple[Rung, ...] = ("json_schema", "json_object", "tool", "text")
"""From the strictest way to hold a model to a schema down to asking nicely. Whatever it was, the answer is checked."""
_TOOL = "answer"
_ANY_STATUS = (*range(200, 300), *range(400, 600))
_UNPAID = ("insufficient_quota", "billing", "insufficient_balance", "credit")
_TOO_LONG = ("context_length", "context length", "maximum context", "too long", "too many tokens")


class Unusable(ConnectorProblem):
    """The service answers nobody: another row would meet the same."""


class NotUnderstood(Exception):
    """The service does not take a part of the request; `part` is what it named."""

    def __init__(self, part: str, problem: ConnectorProblem) -> None:
        super().__init__(problem.message)
        self.part, self.problem = part, problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model said, and what that took."""

    text: str = field(repr=False)
    usage: Usage
    headers: Mapping[str, str] = field(repr=False)
    is_cut: bool = False
    """Whether it ended because it was too long."""
    refusal: str | None = None


@dataclass(slots=True, kw_only=True)
class Chat:
    """A model of a service. What the service turns out not to take is left out from then on."""

    settings: AiSettings
    model: Model
    client: HttpClient
    key_headers: Mapping[str, str] = field(repr=False)
    now_s: Callable[[], float] = time.time
    takes_temperature: bool = True
    limit_key: str = "max_tokens"
    url: str = field(init=False)
    host: str = field(init=False)
    _heads: dict[tuple[object, ...], str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.settings.base_url or "")
        self.url = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/chat/completions"))
        self.host = parts.hostname or ""

    async def ask(self, messages: Sequence[Mapping[str, str]], *, task: Task, schema: Mapping[str, Any],
                  rung: Rung) -> Reply:  # fmt: skip
        """One attempt.

        Raises:
            ConnectorProblem: there is no answer; `reason` says whether another attempt may help.
            Unusable: nobody gets one.
            NotUnderstood: the request has a part that the service does not know.
        """
        body = self._body(messages, task, schema, rung).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", **self.key_headers}
        request = Request(method="POST", url=self.url, headers=headers, body=body, ok=_ANY_STATUS,
                          timeout_s=self.settings.timeout_s)  # fmt: skip
        try:
            answer = await self.client.ask(request)
        except ConnectorProblem as problem:
            kind = Unusable if problem.code in {"IR502", "IR690"} else ConnectorProblem
            code = "IR502" if problem.code == "IR502" else "IR764"
            raise kind(code, problem.message, hint=problem.hint, reason=problem.reason) from None
        if answer.status >= 400:
            raise self._refused(answer, rung)
        if (failure := _failure_within(answer)) is not None:
            raise self._refused(failure, rung)
        return self._read(answer)

    def _body(self, messages: Sequence[Mapping[str, str]], task: Task, schema: Mapping[str, Any], rung: Rung) -> str:
        """The request. All but the row is the same for every row, and made once."""
        system, *others = messages
        about = (system["content"], rung, self.takes_temperature, self.limit_key)
        if about not in self._heads:
            head = json_text({**self._settings(task, schema, rung), "messages": [system]})
            self._heads[about] = head.removesuffix("]}")
        return "".join([self._heads[about], *(f",{json_text(each)}" for each in others), "]}"])

    def _settings(self, task: Task, schema: Mapping[str, Any], rung: Rung) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model.name}
        temperature = task.temperature if task.temperature is not None else None if task.type == "generate" else 0
        if temperature is not None and self.takes_temperature:
            body["temperature"] = temperature
        if task.max_answer_tokens is not None:
            body[self.limit_key] = task.max_answer_tokens
        if rung == "json_schema":
            format_ = {"name": _TOOL, "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": format_}
        elif rung == "json_object":
            body["response_format"] = {"type": "json_object"}
        elif rung == "tool":
            function = {"name": _TOOL, "description": "Give the answer.", "parameters": schema, "strict": True}
            body["tools"] = [{"type": "function", "function": function}]
            body["tool_choice"] = {"type": "function", "function": {"name": _TOOL}}
        return body

    def _read(self, answer: HttpAnswer) -> Reply:
        said = answer.json()
        choices = said.get("choices") if isinstance(said, dict) else None
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise Unusable("IR764", f"{self.host} answers with something that is no chat completion",
                           hint="base_url of [ai] leads to an API as OpenAI's, mostly ending in /v1")  # fmt: skip
        message = _object(choices[0].get("message"))
        calls = message.get("tool_calls")
        called = _object(_object(calls[0]).get("function")) if isinstance(calls, list) and calls else None
        text = message.get("content") if called is None else called.get("arguments")
        if isinstance(text, list):  # a content of several parts
            text = "".join(str(_object(each).get("text") or "") for each in text)
        reason = choices[0].get("finish_reason")
        refusal = message.get("refusal") or ("its content filter" if reason == "content_filter" else None)
        return Reply(text=text if isinstance(text, str) else json.dumps(text), usage=self._usage(said),
                     headers=answer.headers, is_cut=reason == "length",
                     refusal=None if refusal is None else str(refusal))  # fmt: skip

    def _usage(self, said: Mapping[str, Any]) -> Usage:
        told = _object(said.get("usage"))
        tokens_in, tokens_out = _count(told.get("prompt_tokens")), _count(told.get("completion_tokens"))
        cost = told.get("cost")
        is_told = isinstance(cost, int | float) and not isinstance(cost, bool) and math.isfinite(cost) and cost >= 0
        return Usage(calls=1, tokens_in=tokens_in, tokens_out=tokens_out,
                     cost=Decimal(str(cost)) if is_told else cost_of(self.model, tokens_in, tokens_out))  # fmt: skip

    def _refused(self, answer: HttpAnswer, rung: Rung) -> Exception:
        """What a status of an error means."""
        said = _words(answer).lower()
        shown = (
            f"{self.host} answers {answer.status}: {_words(answer)}" if said else f"{self.host} answers {answer.shown}"
        )
        if answer.status in {401, 403}:
            return Unusable("IR764", shown, hint="look at api_key or api_key_ref of [ai]")
        if answer.status == 402 or (answer.status == 429 and any(each in said for each in _UNPAID)):
            return Unusable("IR764", shown, hint="look at the account at the service")
        if answer.status == 404:
            return Unusable("IR764", shown, hint=f'look at base_url of [ai], and whether there is a model '
                            f'"{self.model.name}"')  # fmt: skip
        if answer.status == 413 or any(each in said for each in _TOO_LONG):
            return ConnectorProblem("IR764", f"the row is too long for {self.model.name}: {shown}",
                                    hint="send fewer columns, or choose a model for longer texts")  # fmt: skip
        reason = reason_of(answer.status)
        if reason is not None:
            return ConnectorProblem("IR764", shown, reason=reason, retry_after_s=self._wait_s(answer))
        problem = ConnectorProblem("IR764", shown)
        if "temperature" in said and self.takes_temperature:
            return NotUnderstood("temperature", problem)
        if "max_completion_tokens" in said and self.limit_key == "max_tokens":
            return NotUnderstood("max_tokens", problem)
        if answer.status in {400, 422, 501} and rung != "text" and "content_filter" not in said:
            return NotUnderstood(rung, problem)
        return problem

    def _wait_s(self, answer: HttpAnswer) -> float | None:
        milliseconds = seconds_of(answer.headers.get("retry-after-ms", ""))
        if milliseconds is not None:
            return milliseconds / 1000
        told = retry_after_s(answer.headers, now_s=self.now_s())
        if told is not None:
            return told
        return seconds_of(answer.headers.get("x-ratelimit-reset-requests", "")) if answer.status == 429 else None


def _words(answer: HttpAnswer) -> str:
    """The message and the code of an error as services tell them, on one line."""
    said = answer.json()
    error = said.get("error", said) if isinstance(said, dict) else said[0].get("error") if _is_listed(said) else None
    if isinstance(error, dict):
        parts = [error.get("message") or error.get("detail"), error.get("code") or error.get("type")]
        error = " ".join(f"({each})" if index else str(each) for index, each in enumerate(parts) if each)
    text = " ".join(str(error or "").split())
    return text if len(text) <= 300 else text[:299] + "…"


def _failure_within(answer: HttpAnswer) -> HttpAnswer | None:
    """The failure that a gateway tells in an answer of success, with the status that it tells; None where there is
    none."""
    said = _object(answer.json())
    if said.get("choices") or not said.get("error"):
        return None
    code = _object(said["error"]).get("code")
    return replace(answer, status=code if isinstance(code, int) and 400 <= code < 600 else 500)


def _object(value: Any) -> Mapping[str, Any]:
    """A part of an answer that should be an object; an empty one where the service says something else."""
    return value if isinstance(value, dict) else {}


def _is_listed(said: Any) -> bool:
    return isinstance(said, list) and bool(said) and isinstance(said[0], dict)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
