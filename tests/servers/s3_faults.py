"""A proxy before an S3 server, which lets requests fail as it is told to, and counts the bytes of the answers."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from tests.servers.s3 import Bucket
from tests.servers.service import Service


class Faults(Service):
    """Passes everything on to the bucket's server; a bucket named shop is the test's own."""

    def __init__(self, bucket: Bucket) -> None:
        super().__init__()
        self.bucket = bucket
        self.ranges: list[str] = []
        self.sent: dict[str, int] = {}
        """{path: bytes of the answers to GET}"""
        self.delay: tuple[str, float] | None = None
        """Requests with this in their path wait for so long."""

    def error(self, code: str) -> str:
        """A body as S3 answers errors."""
        return f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>no</Message></Error>"

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self._pass_on)]

    async def _pass_on(self, request: web.Request) -> web.Response:
        path = request.raw_path
        self.ranges.append(request.headers.get("Range", ""))
        if path.startswith("/shop"):
            path = f"/{self.bucket.name}{path.removeprefix('/shop')}"
        if self.delay is not None and self.delay[0] in path:
            await asyncio.sleep(self.delay[1])
        kept = {name: value for name, value in request.headers.items()
                if name.lower() not in {"host", "transfer-encoding", "connection"}}  # fmt: skip
        kept["Host"] = urlsplit(self.bucket.endpoint).netloc
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, _url(f"{self.bucket.endpoint}{path}"), data=await request.read(),
                            headers=kept, allow_redirects=False) as answer,
        ):  # fmt: skip
            body = await answer.read()
            if request.method == "GET":
                name = urlsplit(request.path_qs).path
                self.sent[name] = self.sent.get(name, 0) + len(body)
            headers = {name: value for name, value in answer.headers.items()
                       if name.lower() not in {"transfer-encoding", "content-encoding", "date", "server", "connection"}
                       and (name.lower() != "content-length" or request.method == "HEAD")}  # fmt: skip
            return web.Response(status=answer.status, body=None if request.method == "HEAD" else body, headers=headers)


def _url(text: str) -> object:
    from yarl import URL

    return URL(text, encoded=True)
