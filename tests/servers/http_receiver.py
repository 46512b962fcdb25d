"""A service of the tests' own that takes posts, keeps them, and fails as it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.servers.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post as it arrived."""

    path: str
    method: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def key(self) -> str:
        """By which a receiver tells a post that it has seen."""
        return self.headers.get("Idempotency-Key", "")


class HttpReceiver(Service):
    """Takes posts at any path and answers 200. Of posts with the same key it takes the first, and answers the others.

    `fail("POST", "/path", status=429, headers={"Retry-After": "2"})` and the like come from Service; `lost=True` keeps
    the post and drops the connection, `cut=0` drops it before. `stalls` and `halves` are paths where no answer comes,
    or half of one, after the post was kept; a path among both stalls behind the half.
    """

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[Post] = []
        """Every post, also one that came twice."""
        self.stalls: set[str] = set()
        self.halves: set[str] = set()
        self.answers: list[str] = []
        """The bodies of the next answers, instead of the usual one."""

    @property
    def taken(self) -> list[Post]:
        """The posts without those whose key was seen before."""
        return list({each.key or str(number): each for number, each in reversed(list(enumerate(self.posts)))}.values())[
            ::-1
        ]

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self._take)]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.posts.append(Post(path=request.path_qs, method=request.method, headers=dict(request.headers),
                               body=await request.read()))  # fmt: skip
        if request.path in self.halves:
            answer = web.StreamResponse(headers={"Content-Length": "1000"})
            await answer.prepare(request)
            await answer.write(b'{"taken": ')
            if request.path in self.stalls:
                await asyncio.sleep(3600)
            assert request.transport is not None
            request.transport.abort()
            return answer
        if request.path in self.stalls:
            await asyncio.sleep(3600)
        if self.answers:
            return web.Response(text=self.answers.pop(0), content_type="application/json")
        return web.json_response({"taken": len(self.posts)})
