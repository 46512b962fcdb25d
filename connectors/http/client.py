"""Requests of one run to services: pooled connections, bounded time and size, nothing secret in errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Mapping
from dataclasses import field, replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from connectors.http.addresses import CheckedResolver, check_url, origin_of, parsed, proxy_for
from connectors.http.answers import Answer, may_have_taken_effect, reason_of, retry_after_s
from connectors.http.deadlines import Deadlines
from connectors.http.failures import unanswered
from connectors.http.pieces import Pieces, size_of, streamed
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_CONNECT_S = 15.0
_MOST_REDIRECTS = 5
_OK = range(200, 300)
_MEGABYTE = 1024**2
_SLOWEST_BYTES_PER_S = 128 * 1024
"""So much more time a body has that is read from the disk."""


# not frozen: one is made for each request, and setting the fields of a frozen one takes four times as long
@dataclass(slots=True, kw_only=True)
class Request:
    """One request. Headers and body may hold what is secret, and do not show in a repr."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    pieces: Pieces | None = field(default=None, repr=False)
    """Instead of a body: bytes and files, which are read as they go out."""
    into: Path | None = None
    """Where the body of a 2xx is written as it comes in, instead of being kept in memory."""
    ok: Container[int] = _OK
    """Statuses that are hoped for."""
    timeout_s: float | None = None
    needs_body: bool = True
    """Whether an answer is of use only with its whole body."""
    is_encoded: bool = False
    """Whether the URL goes out letter by letter as it is, as what was signed has to."""
    max_answer_bytes: int | None = None
    """Instead of the client's."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


class HttpClient:
    """The connections of one run, of the loop in which it is first asked; `close` lets go of them."""

    def __init__(self, policy: Policy, *, timeout_s: float = 30.0, connections: int = 100,
                 max_answer_bytes: int = 32 * _MEGABYTE, now_s: Callable[[], float] = time.time) -> None:  # fmt: skip
        self._policy = policy
        self._timeout_s = timeout_s
        self._connections = connections
        self._max_answer_bytes = max_answer_bytes
        self._now_s = now_s
        self._session: aiohttp.ClientSession | None = None
        self._deadlines = Deadlines()
        self._ways: dict[tuple[str, str | None], str | None] = {}

    async def ask(self, request: Request) -> Answer:
        """The answer, whose status is one of `ok`. One attempt: trying again is the step's policy.

        A redirect is followed only within the same host and with the same method and body (307, 308, and any other
        after a GET); a service elsewhere gets nothing of what was meant for this one.

        Raises:
            ConnectorProblem: IR690 for a URL that is none, IR502 where the policy forbids it, IR691 for another status,
                IR692 where no answer came. `reason`, `retry_after_s` and `sent` say what another attempt would do.
        """
        for _ in range(_MOST_REDIRECTS):
            answer = await self._once(request)
            if answer.status in request.ok:
                return answer
            if not 300 <= answer.status < 400:
                raise self.refused(request, answer)
            request = _redirected(request, answer)
        raise ConnectorProblem("IR691", f"{request.host} leads from one address to the next without end")

    async def close(self) -> None:
        self._deadlines.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(resolver=CheckedResolver(self._policy), limit=self._connections)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
                headers={"User-Agent": "weirflow"},
            )  # fmt: skip
        return self._session

    async def _once(self, request: Request) -> Answer:
        url = parsed(request.url, is_encoded=request.is_encoded)
        proxy = self._way(url)
        timeout_s = request.timeout_s or self._timeout_s
        content: object = request.body
        headers = request.headers
        if request.pieces is not None:
            size = size_of(request.pieces)
            content, headers = streamed(request.pieces), {**headers, "Content-Length": str(size)}
            timeout_s += size / _SLOWEST_BYTES_PER_S
        session = self._session or self.session()
        once = _ONCE if request.method in _SENT_AGAIN else None
        answer: Answer | None = None
        try:
            with self._deadlines.within(timeout_s):
                response = await session.request(
                    request.method, url, headers=headers, data=content, timeout=_connecting(timeout_s),
                    allow_redirects=False, proxy=proxy, middlewares=once,
                )  # fmt: skip
                answer = Answer(status=response.status, headers=response.headers, body=b"", is_whole=False)
                try:
                    if request.into is not None and response.status in _OK:
                        await self._write(response, request, request.into)
                        answer.is_whole, answer.file = True, request.into
                    else:
                        await self._read(response, request, answer)
                    return answer
                finally:
                    if not response.closed:  # one that was read to its end has let go of its connection
                        response.release()
                        await response.wait_for_close()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if answer is not None and not request.needs_body:
                return answer
            raise unanswered(request.host, error) from None

    async def _write(self, response: aiohttp.ClientResponse, request: Request, into: Path) -> None:
        size, most = 0, request.max_answer_bytes or self._max_answer_bytes
        with into.open("wb") as file:
            async for piece in response.content.iter_any():
                size += len(piece)
                if size > most:
                    response.close()
                    raise self._too_large(request, most)
                file.write(piece)

    def _way(self, url: URL) -> str | None:
        """The proxy to a host; whether it may be reached is asked once, and of each of its addresses when connected."""
        place = (url.scheme, url.host)
        if place not in self._ways:
            check_url(url, self._policy)
            self._ways[place] = proxy_for(url, self._policy)
        return self._ways[place]

    async def _read(self, response: aiohttp.ClientResponse, request: Request, answer: Answer) -> None:
        """Put the body into the answer, or what came of it."""
        pieces, size = list[bytes](), 0
        max_bytes = request.max_answer_bytes or self._max_answer_bytes
        content = response.content
        try:
            while piece := await content.readany():
                size += len(piece)
                pieces.append(piece)
                if size > max_bytes:
                    response.close()
                    if request.needs_body:
                        raise self._too_large(request, max_bytes)
                    return
                if content.at_eof():  # most are, with their first piece
                    break
            answer.is_whole = True
        finally:
            answer.body = (pieces[0] if len(pieces) == 1 else b"".join(pieces))[:max_bytes]

    def _too_large(self, request: Request, most: int) -> ConnectorProblem:
        return ConnectorProblem("IR691", f"the answer of {request.host} has more than {most:,} bytes", sent=True)

    def refused(self, request: Request, answer: Answer) -> ConnectorProblem:
        """What an answer is whose status is no success."""
        hint = {401: "look at the credentials", 403: "look at what these credentials may do",
                404: "look at the path of the url", 413: "send fewer rows at a time"}.get(answer.status)  # fmt: skip
        return ConnectorProblem(
            "IR691", f"{request.host} answers {answer.shown}", hint=hint, reason=reason_of(answer.status),
            retry_after_s=retry_after_s(answer.headers, now_s=self._now_s()),
            sent=may_have_taken_effect(answer.status),
        )  # fmt: skip


async def _sent_once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """A request whose lost answer is told: aiohttp itself sends it again, so that nobody hears of the first time. A PUT
    of what is not to be there twice would be, and a DELETE finds nothing any more."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:  # nothing was sent
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error


_ONCE = (_sent_once,)
_SENT_AGAIN = frozenset({"PUT", "DELETE"})


# of the whole `Deadlines` take care: aiohttp has a timer for each request, a tenth of what one costs it
@lru_cache(maxsize=64)
def _connecting(timeout_s: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=min(_CONNECT_S, timeout_s))


def _redirected(request: Request, answer: Answer) -> Request:
    """The same request at the place where the service wants it.

    Raises:
        ConnectorProblem: IR691 for another host, and for a redirect that would drop the body.
    """
    target = urljoin(request.url, answer.headers.get("Location", ""))
    keeps_all = answer.status in {307, 308} or request.method in {"GET", "HEAD"}
    if answer.headers.get("Location") and keeps_all and origin_of(target) == origin_of(request.url):
        return replace(request, url=target)
    host = urlsplit(target).hostname or "nowhere"
    raise ConnectorProblem("IR691", f"{request.host} answers {answer.status}: it leads to {host}",
                           hint="write the url that it leads to, where that is right", key=("config", "url"),
                           )  # fmt: skip
