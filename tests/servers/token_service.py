"""A service that asks for a token, and gives tokens to the app that it knows: OAuth 2 client credentials."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote_plus
from uuid import uuid4

from aiohttp import web

from tests.servers.service import Service


class TokenService(Service):
    """`/login/token` gives a token to the app; every other path takes only one that it has given and not taken back.

    The app has a secret of its own for each service, so that no other one of the process has its tokens.
    """

    def __init__(self) -> None:
        super().__init__()
        self.client_id = "report app:1"
        self.client_secret = f"s3cret+{uuid4().hex}/%:"
        self.lasts_s = 3600
        self.forms: list[dict[str, str]] = []
        """What was asked for tokens."""
        self.tokens: list[str] = []
        self.bodies: list[Any] = []
        self.orders: Any = [{"id": 1, "total": 5}]

    @property
    def credentials(self) -> dict[str, str]:
        """What a connection to it has."""
        return {"token_url": f"{self.url}/login/token", "client_id": self.client_id,
                "client_secret": self.client_secret}  # fmt: skip

    def take_back(self) -> None:
        """Let no token hold that was given."""
        self.tokens = [f"{each} is gone" for each in self.tokens]

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/login/token", self._token), web.route("*", "/{path:.*}", self._orders)]

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            name, _, secret = base64.b64decode(pair).decode().partition(":")
            who = (unquote_plus(name), unquote_plus(secret))
        else:
            who = (form.get("client_id", ""), form.get("client_secret", ""))
        if who != (self.client_id, self.client_secret):
            # an answer that repeats what it was sent, as some do
            return web.json_response({"error": "invalid_client", "error_description": f"not {who}"}, status=401)
        self.tokens.append(f"token-{uuid4().hex}")
        return web.json_response({"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": self.lasts_s})

    async def _orders(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return web.json_response({"error": "no such token"}, status=401)
        if request.can_read_body:
            self.bodies.append(await request.json())
        return web.json_response(self.orders)
