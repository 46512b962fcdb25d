"""The servers that calls go to: each is begun at its first call, and kept until the run ends that needs it."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import field
from typing import TYPE_CHECKING, TextIO, TypeVar, cast

from connectors.kept import closed_behind_runs, is_in_a_run
from connectors.plugins.mcp.settings import ServerSettings
from connectors.problem import ConnectorProblem
from ir.reasons import reason_of_status
from ir.records import dataclass
from ir.redaction import redact

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client._transport import Transport

Result = TypeVar("Result")
_CLOSE_S = 10.0
_QUOTED = 300

_kept: dict[ServerSettings, Server] = {}
_guard = threading.Lock()


@dataclass(slots=True, eq=False)
class Server:
    """One server and the client that talks to it. All of it runs in the loop of the requests.

    A task of its own opens and closes the client, since the two have to happen in the same one.
    """

    settings: ServerSettings
    users: int = 0
    _client: Client | None = None
    _task: asyncio.Task[None] | None = None
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def asked(self, ask: Callable[[Client], Awaitable[Result]]) -> Result:
        """What `ask` gives with the client, which is begun where there is none; a server that is gone is let go of.

        Raises:
            ConnectorProblem: IR692 where there is no server, or none answers; IR691 for what it refuses.
        """
        from mcp import MCPError

        client = await self._begun()
        settings = self.settings
        work = asyncio.ensure_future(ask(client))
        assert self._task is not None
        try:
            await asyncio.wait([work, self._task], return_when=asyncio.FIRST_COMPLETED,
                               timeout=settings.timeout_s)  # fmt: skip
        finally:
            is_answered = work.done()
            work.cancel()
        if not is_answered:
            await asyncio.wait([work])
            if self._task is None or self._task.done():
                raise _unanswered(settings, "has ended before it answered", "network_error")
            raise _unanswered(settings, f"did not answer within {settings.timeout_s:g} s", "timeout")
        try:
            return work.result()
        except MCPError as error:
            if self._task is None or self._task.done() or error.error.code == _CONNECTION_CLOSED:
                await self.close()
                raise _unanswered(settings, "has ended before it answered", "network_error") from None
            raise ConnectorProblem("IR691", f"mcp:{settings.name} refuses it: {_line(error.error.message)}",
                                   sent=error.error.code not in _NOT_BEGUN) from None  # fmt: skip

    async def close(self) -> None:
        """End the client, and with it a program that was started."""
        task, self._client, self._task = self._task, None, None
        if task is None:
            return
        self._closing.set()
        with suppress(Exception):
            await asyncio.wait([task], timeout=_CLOSE_S)
        task.cancel()

    async def _begun(self) -> Client:
        async with self._lock:
            if self._client is not None and self._task is not None and not self._task.done():
                return self._client
            self._closing = asyncio.Event()
            opened: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._open(opened, self._closing))
            try:
                self._client = await asyncio.wait_for(asyncio.shield(opened), self.settings.timeout_s)
            except TimeoutError:
                await self.close()
                raise _unanswered(self.settings, f"did not begin within {self.settings.timeout_s:g} s", "timeout",
                                  sent=False) from None  # fmt: skip
            return self._client

    async def _open(self, opened: asyncio.Future[Client], closing: asyncio.Event) -> None:
        from mcp import Client
        from mcp_types import Implementation

        statuses: list[int] = []
        try:
            with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as file:
                words = cast("TextIO", file)
                try:
                    async with _transport(self.settings, words, statuses) as transport:
                        about = Implementation(name="weirflow", version="1")
                        async with Client(transport, client_info=about, cache=None) as client:
                            opened.set_result(client)
                            await closing.wait()
                except Exception as error:
                    if not opened.done():
                        opened.set_exception(_no_server(self.settings, error, words, statuses))
        except asyncio.CancelledError:
            if not opened.done():
                opened.cancel()
            raise


@closed_behind_runs
def close_servers() -> None:
    """End the servers that nobody uses."""
    with _guard:
        left = [each for each in _kept.values() if not each.users]
    if left:
        from connectors.http.blocking import waited_for

        waited_for(_closed(left))


def lent(settings: ServerSettings) -> Server:
    """The server of these settings; `given_back` after use."""
    with _guard:
        server = _kept.get(settings)
        if server is None:
            server = _kept[settings] = Server(settings)
        server.users += 1
        return server


async def given_back(server: Server) -> None:
    """Let go of a server, which outside of a run ends then."""
    with _guard:
        server.users -= 1
        ends = not server.users and not is_in_a_run()
    if ends:
        await _closed([server])


async def _closed(servers: list[Server]) -> None:
    for each in servers:
        with _guard:
            if _kept.get(each.settings) is each:
                del _kept[each.settings]
        await each.close()


@asynccontextmanager
async def _transport(settings: ServerSettings, words: TextIO, statuses: list[int]) -> AsyncIterator[Transport]:
    """The way to the server, for a client to be put onto. What a program says on stderr goes to `words`, a refusal of
    a URL to `statuses`."""
    if settings.command is not None:
        from mcp.client.stdio import StdioServerParameters, stdio_client

        yield stdio_client(StdioServerParameters(command=settings.command, args=list(settings.args),
                                                 env=dict(settings.env), cwd=settings.cwd), errlog=words)  # fmt: skip
        return
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    from connectors.plugins.mcp.reaching import checked_transport

    async def note(response: httpx2.Response) -> None:
        if response.status_code >= 400:
            statuses.append(response.status_code)

    assert settings.url is not None
    timeout = httpx2.Timeout(min(30.0, settings.timeout_s), read=settings.timeout_s)
    transport = None if settings.policy is None else checked_transport(settings.policy)
    async with httpx2.AsyncClient(headers=dict(settings.headers), timeout=timeout, trust_env=False, transport=transport,
                                  event_hooks={"response": [note]}) as client:  # fmt: skip
        yield streamable_http_client(settings.url, http_client=client)


_CONNECTION_CLOSED = -32000
_NOT_BEGUN = frozenset({-32700, -32600, -32601, -32602})
"""Errors of the protocol that come before a tool is called: no message, no such tool, no such arguments."""


def _no_server(settings: ServerSettings, error: Exception, words: TextIO, statuses: list[int]) -> ConnectorProblem:
    """Why there is no server; of a program the last that it has said."""
    if statuses:
        hint = "look at its token_ref and headers" if statuses[-1] in {401, 403} else "look at its url"
        return ConnectorProblem("IR692", f"mcp:{settings.name}: {settings.shown} answers {statuses[-1]}",
                                reason=reason_of_status(statuses[-1]),
                                hint=f"[mcp.{settings.name}] of config.toml: {hint}")  # fmt: skip
    first = _first(error)
    if isinstance(first, ConnectorProblem):
        return first
    why = _line(str(first)) or "it ended"
    if isinstance(first, FileNotFoundError):
        why = "there is no such program"
    elif settings.url is not None:
        is_silent = type(first).__name__ in {"ConnectError", "ConnectTimeout"}
        why = "nothing answers there" if is_silent else "what answers there does not speak the protocol"
    words.seek(0)
    said = [line.strip() for line in words.read().splitlines() if line.strip()]
    return ConnectorProblem("IR692", f"mcp:{settings.name}: {settings.shown} gives no connection: {why}",
                            notes=[f"it says: {redact(_line(said[-1]))}"] if said else [], reason="network_error",
                            hint=f"look at [mcp.{settings.name}] of config.toml")  # fmt: skip


def _first(error: BaseException) -> BaseException:
    """The error that a group of errors holds."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _unanswered(settings: ServerSettings, why: str, reason: str, *, sent: bool = True) -> ConnectorProblem:
    return ConnectorProblem("IR692", f"mcp:{settings.name}: {settings.shown} {why}", sent=sent,
                            reason="timeout" if reason == "timeout" else "network_error")  # fmt: skip


def _line(text: str) -> str:
    """A text on one line, without what could steer a terminal."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _QUOTED else line[:_QUOTED] + "…"
