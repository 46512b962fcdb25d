"""One request of a call: within the limits, signed, judged, and made again where its failure passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container
from typing import Any, Protocol

from connectors.http.addresses import origin_of
from connectors.http.answers import Answer
from connectors.http.client import Request
from connectors.json_reading import read_json
from connectors.plugins.account import Connection
from connectors.plugins.files import FileStore
from connectors.plugins.http.answers import Read, ServiceProblem, decoded
from connectors.plugins.http.auth import Authority
from connectors.plugins.http.building import Built, CompiledRequest, host_of
from connectors.plugins.http.calls import CompiledAction, CompiledExchange, CompiledFound
from connectors.plugins.http.limits import Within, hold
from connectors.plugins.http.pagination import Turn
from connectors.plugins.http.places import ANY_HOST
from connectors.plugins.manifest import Manifest
from connectors.plugins.pace import Pace
from connectors.plugins.templating import Roots
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_MOST_FILE_BYTES = 4 * 1024**3
_TELLING_NOTHING = frozenset({"file", "none"})
"""Answers without a body to judge."""
_READING = frozenset({"GET", "HEAD"})


class _AllButRedirects:
    """Statuses that are answers to look into; a redirect is followed, or refused, by the client."""

    def __contains__(self, status: object) -> bool:
        return not (isinstance(status, int) and status in {301, 302, 303, 307, 308})


_ANSWERS = _AllButRedirects()
_ALL = range(100, 600)


class Asks(Protocol):
    """Sends a request: an HttpClient, or what stands in for it."""

    async def ask(self, request: Request) -> Answer: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class Call:
    """One call on its way."""

    compiled: CompiledAction
    roots: Roots
    is_repeatable: bool
    key: str
    is_harmless: bool = False
    """Whether it may be made again also under another key."""
    attempts: int = 1
    requests: int = 0
    has_acted: bool = False
    """Whether a step of it has changed something, so that the whole is not safely begun anew."""
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Requests of one connection."""

    manifest: Manifest
    connection: Connection
    authority: Authority
    client: Asks
    files: FileStore | None
    pace: Pace
    now: Callable[[], float]

    async def ask(self, call: Call, exchange: CompiledExchange, request: CompiledRequest, roots: Roots,
                   turn: Turn | None) -> Read:  # fmt: skip
        """The answer of one request, which is a success: as many attempts as the pace and the limits let it have."""
        attempt, is_unsure = 1, False
        while True:
            try:
                return await self.attempted(call, exchange, request, roots, turn)
            except ConnectorProblem as problem:
                is_harmless = request.is_repeatable or request.method in _READING
                was_unsure, is_unsure = is_unsure, is_unsure or problem.sent
                if is_unsure and exchange.found is not None:
                    read = await self.found(call, exchange.found, roots, problem)
                    if read is not None:
                        return read
                    is_unsure = problem.sent = call.is_repeatable  # else it is known that it made nothing
                if was_unsure and _is_gone(problem, call, request):
                    call.has_acted = True
                    return Read(Answer(status=204, headers={}, body=b""), None)
                # also where it was an earlier attempt that may have taken effect
                if problem.reason is None:
                    problem.sent = problem.sent or (is_unsure and not (is_harmless or call.is_harmless))
                    raise
                problem.sent = is_unsure
                await self.pace.again(problem, attempt, is_repeatable=call.is_repeatable or is_harmless)
            attempt += 1
            call.attempts = max(call.attempts, attempt)

    async def found(self, call: Call, found: CompiledFound, roots: Roots, problem: ConnectorProblem) -> Read | None:
        """What a request made whose answer was lost, as the service tells it of what is there; None: it made nothing,
        or nobody knows and the call may be made again all the same.

        Raises:
            ConnectorProblem: the problem of that request, where the service does not tell, and a second one could do
                what the first has done already.
        """
        try:
            read = await self.ask(call, found.exchange, found.exchange.request, roots, None)
        except ConnectorProblem as other:
            if isinstance(other, ServiceProblem) and "not_found" in other.met:
                return None
            if call.is_repeatable:
                return None
            problem.sent = True
            raise problem from other
        # which may have to reckon the hash of a large file
        if not await asyncio.to_thread(found.holds, read.roots(roots)):
            return None
        call.has_acted = True
        return read

    async def attempted(self, call: Call, exchange: CompiledExchange, request: CompiledRequest, roots: Roots,
                        turn: Turn | None, *, accepts: Callable[[Read], bool] | None = None) -> Read:  # fmt: skip
        """One attempt of a request, with new credentials a second one. What `accepts` takes is a success, whatever its
        status, also one that would be a redirect."""
        is_renewed = False
        while True:
            # of calls that wait for nothing none has a coroutine of its own for each question
            within = Within(call.compiled.limits, self.connection.name, roots, self.pace)
            if (waiting := within.begun()) is not None:
                await waiting
            try:
                if not self.pace.lets_through(self.connection.name):
                    await self.pace.before(self.connection.name)
                call.requests += 1
                built = self._built(call, request, roots, turn)
                if request.is_authenticated and (signing := self.authority.sign(built)) is not None:
                    await signing
                answer = await self._answer(built, exchange, _ANSWERS if accepts is None else _ALL)
            finally:
                within.end()
            how = exchange.response.decode
            body = self._decoded(answer, how)
            read = Read(answer, body, how != "text" and (body is not None or how not in _TELLING_NOTHING))
            if accepts is not None and accepts(read):
                return read
            problem = call.compiled.errors.problem(read, now_s=self.now())
            if problem is None:
                if request.changes and not call.compiled.is_reading:
                    call.has_acted = True
                return read
            if answer.status == 401 and request.is_authenticated and await self.authority.renew(
                    built, is_new=is_renewed):  # fmt: skip
                is_renewed = True
                continue
            if problem.reason == "rate_limit" and problem.retry_after_s:
                await hold(call.compiled.limits, self.connection.name, roots, self.pace, problem.retry_after_s)
            raise problem

    def _built(self, call: Call, request: CompiledRequest, roots: Roots, turn: Turn | None) -> Built:
        own = call.compiled.action.manifest.idempotency
        headers = {own.name: call.key} if own.style == "header" and own.name else None
        body = {own.name: call.key} if own.style == "body" and own.name else None
        if turn is None:
            return request.build(roots, more_body=body, more_headers=headers)
        if turn.url is not None:
            built = request.build(roots, more_headers=headers)
            if ANY_HOST in self.manifest.hosts and origin_of(turn.url) != origin_of(str(request.url(roots))):
                raise ConnectorProblem("IR690", f"an answer of {host_of(built.url)} leads to another host")
            built.url, built.query = request.places.checked(turn.url), []
            return built
        return request.build(roots, more_query=turn.query, more_body={**turn.body, **(body or {})} or None,
                             more_headers={**turn.headers, **(headers or {})})  # fmt: skip

    async def _answer(self, built: Built, exchange: CompiledExchange, ok: Container[int]) -> Answer:
        response = exchange.response
        into = self.files.incoming() if response.decode == "file" and self.files is not None else None
        try:
            return await self.client.ask(Request(
                method=built.method, url=built.address if built.query else built.url, headers=built.headers,
                body=built.body.content, pieces=built.body.pieces, ok=ok, timeout_s=built.timeout_s, is_encoded=True,
                into=into, max_answer_bytes=response.max_bytes or (_MOST_FILE_BYTES if into is not None else None),
            ))  # fmt: skip
        except BaseException:
            if into is not None:
                into.unlink(missing_ok=True)
            raise

    def _decoded(self, answer: Answer, how: str) -> Any:
        if 200 <= answer.status < 300:
            if how == "json":
                try:
                    return read_json(answer.body) if answer.body else None
                except ValueError:
                    return decoded(answer, how, title=self.manifest.title)  # which says what is wrong
            if how == "none":  # no result, but perhaps a failure
                return answer.json()
            return None if how == "file" else decoded(answer, how, title=self.manifest.title)
        # an error speaks JSON even where what was asked for is a file
        how = "xml" if how == "xml" or answer.body[:5] == b"<?xml" else "json"
        return decoded(answer, how, title=self.manifest.title)


def _is_gone(problem: ConnectorProblem, call: Call, request: CompiledRequest) -> bool:
    """Whether it is said that there is nothing there, by what was asked to delete it: after an attempt whose answer was
    lost that is its success."""
    return (
        isinstance(problem, ServiceProblem) and (problem.status == 410 or "not_found" in problem.met)
        and call.compiled.action.kind == "delete" and call.is_repeatable and request.changes
        and call.compiled.items is None
    )  # fmt: skip
