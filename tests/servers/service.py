"""A web service of the tests' own, in a thread: it notes every request, and fails as it is told to."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens to the next requests that match, instead of or after the usual.

    An `action` happens first, and the request is answered as usual. With a `status` they are answered with it, and
    without one the connection is dropped; `lost` does first what was asked; `cut` takes so many bytes of the request.
    """

    method: str
    path: str
    status: int | None = None
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False
    cut: int | None = None
    action: Callable[[], object] | None = None
    times: int = 1
    skip: int = 0
    """So many matching requests pass first."""

    def strikes(self, request: web.Request) -> bool:
        if self.method != request.method or not re.search(self.path, request.path_qs) or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Service:
    """Base of the services: `routes` says what they answer."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.faults: list[Fault] = []
        self.url = ""

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def fail(self, method: str, path: str, **fault: object) -> Fault:
        """Let requests fail: see Fault."""
        made = Fault(method=method, path=path, **fault)  # type: ignore[arg-type]
        self.faults.append(made)
        return made

    def asked(self, method: str, path: str) -> int:
        """How many requests of this kind there were."""
        return sum(bool(re.match(rf"{method} .*{path}", each)) for each in self.requests)

    async def cut(self, request: web.Request, received: bytes) -> None:
        """A request of which only so much arrived."""

    @contextmanager
    def running(self) -> Iterator[Self]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        runner = asyncio.run_coroutine_threadsafe(self._start(), loop).result(60)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(60)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    async def _start(self) -> web.AppRunner:
        app = web.Application(middlewares=[self._faulty], client_max_size=1024**3)
        app.add_routes(self.routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    @web.middleware
    async def _faulty(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path_qs}")
        fault = next((each for each in self.faults if each.strikes(request)), None)
        if fault is not None and fault.action is not None:
            fault.action()
        if fault is None or fault.action is not None:
            return await handler(request)
        if fault.lost:
            await handler(request)
        if fault.status is not None:
            await request.read()
            return web.Response(status=fault.status, text=fault.body, headers=fault.headers)
        if fault.cut is not None:
            await self.cut(request, await request.content.read(fault.cut))
        assert request.transport is not None
        request.transport.abort()
        return web.Response()
