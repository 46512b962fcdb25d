"""Requests to a store's service over HTTP: with a token, tried again where that may help, nothing secret in errors."""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from connectors.policy import Policy
from connectors.retry_after import seconds_of
from connectors.storage.retries import most_tries, pause_s, wait
from ir.reasons import RetryReason
from ir.records import dataclass

if TYPE_CHECKING:
    import aiohttp

    from connectors.storage.tokens import Tokens

_CONNECT_S, _SILENT_S = 15, 120
_TOO_LATE = "no answer in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as an object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Refused(Exception):
    """The service answered, and not what was hoped for; `answer` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"the service answered {answer.status}")
        self.answer = answer


class Unreachable(Exception):
    """Nothing answered, or the connection was lost, every time."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host}: {reason}")
        self.host = host
        self.reason = reason


class Damaged(Exception):
    """What arrived is not what was sent."""


class Web:
    """One client of one service, of fsspec's loop."""

    def __init__(self, tokens: Tokens, *, is_busy: Callable[[Answer], bool], policy: Policy) -> None:
        self.tokens = tokens
        self._policy = policy
        self._is_busy = is_busy
        self._session: aiohttp.ClientSession | None = None

    async def session(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENT_S)
            if self._policy.checks_addresses:
                from connectors.http.addresses import CheckedConnector

                self._session = aiohttp.ClientSession(timeout=timeout, connector=CheckedConnector(self._policy))
            else:
                self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True)
            weakref.finalize(self, _close, self._session, asyncio.get_running_loop())
        return self._session

    async def ask(
        self,
        method: str,
        url: str,
        *,
        ok: tuple[int, ...] = (200,),
        params: Mapping[str, str] | None = None,
        content: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        tries: int | None = None,
    ) -> Answer:
        """The answer, whose status is one of `ok`. `content` is sent as JSON, `body` as it is.

        Raises:
            Refused: another status, also after other attempts where the service was only busy.
            Unreachable: no answer at all.
        """
        renewed = False
        attempt, tries = 0, tries or most_tries()
        while True:
            asked_s: float | None = None
            last = attempt >= tries - 1
            try:
                answer = await self._once(method, url, params, content, body, headers)
            except (TimeoutError, OSError, _client_error()) as error:
                if last:
                    raise Unreachable(_host(url), _reason(error)) from None
            else:
                if answer.status in ok:
                    return answer
                if answer.status == 401 and not renewed and await self.tokens.renew(await self.session()):
                    renewed = True
                    continue
                if last or not self._is_busy(answer):
                    raise Refused(answer)
                asked_s = seconds_of(answer.headers.get("Retry-After"))
            await wait(pause_s(attempt, asked_s))
            attempt += 1

    async def signed(self, session: aiohttp.ClientSession, method: str, url: str, params: Mapping[str, str],
                     body: bytes | None, headers: dict[str, str]) -> dict[str, str]:  # fmt: skip
        """The headers with what says who asks."""
        token = await self.tokens.current(session)
        return {"Authorization": f"Bearer {token}", **headers} if token else headers

    async def _once(self, method: str, url: str, params: Mapping[str, str] | None, content: object,
                    body: bytes | None, headers: Mapping[str, str] | None) -> Answer:  # fmt: skip
        session = await self.session()
        sent = dict(headers or {})
        if content is not None:
            sent["Content-Type"] = "application/json; charset=UTF-8"
            body = json.dumps(content).encode()
        sent = await self.signed(session, method, url, params or {}, body, sent)
        async with session.request(
            method, url, params=params, data=body, headers=sent, allow_redirects=False
        ) as answer:
            return Answer(status=answer.status, headers=answer.headers, body=await answer.read())


def asked_s(error: Exception) -> float | None:
    """How long a service that refused asks to be left alone."""
    return seconds_of(error.answer.headers.get("Retry-After")) if isinstance(error, Refused) else None


def reason_of_error(error: Unreachable) -> RetryReason:
    """The kind of failure that no answer is."""
    return "timeout" if error.reason == _TOO_LATE else "network_error"


def _close(session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop) -> None:
    """Close the connections in the loop that has them, also when the program ends."""
    if not loop.is_running():
        return
    closing = asyncio.run_coroutine_threadsafe(session.close(), loop)
    if asyncio._get_running_loop() is not loop:
        with suppress(Exception):  # nothing depends on a farewell
            closing.result(1)


def _client_error() -> type[Exception]:
    import aiohttp

    return aiohttp.ClientError


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).netloc.rpartition("@")[2]


def _reason(error: BaseException) -> str:
    """The kind of error: its text may repeat a URL, and with it what is secret there."""
    return _TOO_LATE if isinstance(error, asyncio.TimeoutError) else type(error).__name__
