"""Post after post to a service, over connections that are kept."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from connectors.http.addresses import check_url, no_url, origin_of, parsed
from connectors.http.answers import Answer
from connectors.http.blocking import waited_for
from connectors.http.client import HttpClient, Request
from connectors.http.headers import headers_problem
from connectors.http.signing import signature_headers
from connectors.messages.http.settings import PostSettings, check_encrypted, settings_of
from connectors.messages.json_text import json_text
from connectors.messages.message import Message, Sent
from connectors.messages.sender import SendingAccount
from connectors.problem import ConnectorProblem

_JSON = "application/json"
_MOST_ANSWER_BYTES = 64 * 1024


class PostSender:
    """The sender of one delivery."""

    def __init__(self, account: SendingAccount, *, now_s: Callable[[], float] = time.time) -> None:
        self._settings: PostSettings = settings_of(account)
        self._now_s = now_s
        written = str(self._settings.url or account.config.get("url") or "")
        self._origin = origin_of(written) if self._settings.is_secret else None
        """Where what is secret may go: a row's value cannot lead it elsewhere."""
        self._check(account)
        self._client = HttpClient(account.policy, max_answer_bytes=_MOST_ANSWER_BYTES, now_s=now_s)
        app = self._settings.app
        self._tokens = None if app is None else app.tokens(title=urlsplit(written).hostname or "the service", now=now_s,
                                                           client=self._client, key=("config", "auth"))  # fmt: skip

    def send(self, message: Message) -> Sent:
        answer = waited_for(self._answer(self._request(message), _successes(message.config)))
        said = answer.json() if answer.is_whole else None
        return Sent(reference=answer.headers.get("X-Request-Id"), answer=said if isinstance(said, Mapping) else {})

    async def _answer(self, request: Request, successes: Sequence[int]) -> Answer:
        if self._tokens is None:
            return await self._client.ask(request)
        token = await self._tokens.token()
        if self._tokens.is_refused(token):
            return await self._client.ask(_with_token(request, token))
        # a 401 that the delivery calls a success is one
        answer = await self._client.ask(replace(_with_token(request, token), ok={401, *successes}))
        if answer.status != 401 or 401 in successes:
            return answer
        self._tokens.drop(token)  # it was taken back before its time: once more with another one
        token = await self._tokens.token()
        request = _with_token(request, token)
        answer = await self._client.ask(replace(request, ok={401, *successes}))
        if answer.status == 401:
            self._tokens.refuse(token)
            raise self._client.refused(request, answer)
        return answer

    def close(self) -> None:
        waited_for(self._client.close())

    def _check(self, account: SendingAccount) -> None:
        """Refuse once what would fail for every message.

        Raises:
            ConnectorProblem: IR690, or IR502 where the policy forbids the address.
        """
        config = account.config
        url = str(self._settings.url or config.get("url") or "")
        authority = url.partition("://")[2].partition("/")[0]
        if url and not url.startswith("{{") and "{{" not in authority:
            url = url.partition("{{")[0]
            check_url(parsed(url), account.policy)
            if self._origin is not None and origin_of(url) != self._origin:
                raise _elsewhere()
            check_encrypted(url, self._settings, config)
        own = {key: value for key, value in (config.get("headers") or {}).items() if "{{" not in f"{key}{value}"}
        problem = headers_problem({str(config.get("idempotency_header") or "Idempotency-Key"): "", **own})
        if problem is not None:
            raise ConnectorProblem("IR690", problem, key=("config", "headers"))

    def _request(self, message: Message) -> Request:
        config = message.config
        url = str(self._settings.url or config.get("url") or next(iter(message.to), ""))
        if not url:
            raise no_url("is missing")
        if self._origin is not None and origin_of(url) != self._origin:
            raise _elsewhere()
        check_encrypted(url, self._settings, config)
        body, media_type = _body(message)
        # the same for the same message of the same run, and no key of ours that others could read something from
        name = f"msg_{hashlib.sha256(message.key.encode()).hexdigest()[:32]}"
        headers = {"Content-Type": media_type, str(config.get("idempotency_header") or "Idempotency-Key"): name}
        own = config.get("headers") or {}
        problem = headers_problem({**headers, **own})
        if problem is not None:
            raise ConnectorProblem("IR690", problem, key=("config", "headers"))
        headers |= {str(key): str(value) for key, value in own.items()}
        headers |= self._settings.headers
        if self._settings.signing_secret is not None:
            headers |= signature_headers(self._settings.signing_format, self._settings.signing_secret,
                                         message_id=name, body=body, now_s=self._now_s())  # fmt: skip
        return Request(
            method=str(config.get("method") or "POST").upper(), url=url, headers=headers, body=body, needs_body=False,
            ok=_successes(config), timeout_s=config.get("timeout_s"),
        )  # fmt: skip


def _successes(config: Mapping[str, Any]) -> Sequence[int]:
    """The statuses that mean that a post was taken."""
    success = config.get("success")
    return range(200, 300) if success is None else [success] if isinstance(success, int) else list(success)


def _with_token(request: Request, token: str) -> Request:
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})


def _elsewhere() -> ConnectorProblem:
    return ConnectorProblem("IR690", "the credentials are meant for another host than this url's",
                            key=("config", "url"))  # fmt: skip


def _body(message: Message) -> tuple[bytes, str]:
    """What is posted: the config's body, else the row, the group or the summary; a text as it is, the rest as JSON."""
    written = message.config.get("body")
    if isinstance(written, str):
        return written.encode(), _JSON if written.lstrip()[:1] in {"{", "["} else "text/plain; charset=utf-8"
    content = message.payload if written is None else written
    if content is None:
        content = {"subject": message.subject, "text": message.text}
    return json_text(content).encode(), _JSON
