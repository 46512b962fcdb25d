"""Access tokens: given, or fetched with a refresh token or a service account's key."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials, read_parts
from connectors.storage.retries import most_tries, pause_s, wait
from ir.redaction import hide

if TYPE_CHECKING:
    import aiohttp

_EARLY_S = 60
"""So long before it ends a token is renewed."""


class Tokens(Protocol):
    """The token of the next request."""

    async def current(self, session: aiohttp.ClientSession) -> str: ...

    async def renew(self, session: aiohttp.ClientSession) -> bool:
        """After a token was refused: whether there is another one to try."""
        ...


class GivenToken:
    """A token that somebody fetched; where it has expired nothing can be done about it here."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def current(self, session: aiohttp.ClientSession) -> str:
        return self._token

    async def renew(self, session: aiohttp.ClientSession) -> bool:
        return False


class Nobody:
    """Who asks without a token, as for what anyone may read."""

    async def current(self, session: aiohttp.ClientSession) -> str:
        return ""

    async def renew(self, session: aiohttp.ClientSession) -> bool:
        return False


class FetchedTokens:
    """Tokens of a token service, fetched with what `grant` says and kept until shortly before they end.

    `grant` is asked anew each time: a service account's assertion holds the time it was signed at.
    """

    def __init__(self, url: str, grant: Callable[[], Mapping[str, str]], *, store: str) -> None:
        self._url = url
        self._grant = grant
        self._store = store
        self._token: str | None = None
        self._until = 0.0
        self._lock: asyncio.Lock | None = None

    async def current(self, session: aiohttp.ClientSession) -> str:
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if self._token is None or time.monotonic() > self._until:
                self._token = await self._fetch(session)
            return self._token

    async def renew(self, session: aiohttp.ClientSession) -> bool:
        self._token = None
        return True

    async def _fetch(self, session: aiohttp.ClientSession) -> str:
        import aiohttp

        for attempt in range(most_tries()):
            try:
                async with session.post(self._url, data=dict(self._grant()), allow_redirects=False) as answer:
                    status, body = answer.status, await answer.read()
            except (TimeoutError, aiohttp.ClientError, OSError):
                status, body = 0, b""
            if status not in {0, 429} and status < 500:
                return self._read(status, body)
            if attempt < most_tries() - 1:
                await wait(pause_s(attempt))
        raise ConnectorProblem(
            "IR589",
            f"the service that gives tokens for {self._store} does not answer",
            key=("credentials_ref",),
            hint="check the network, and token_uri where it is given",
        )

    def _read(self, status: int, body: bytes) -> str:
        try:
            found = json.loads(body)
        except ValueError:
            found = {}
        if status == 200 and isinstance(found, dict) and isinstance(found.get("access_token"), str):
            self._until = time.monotonic() + float(found.get("expires_in") or 3600) - _EARLY_S
            hide((str(found["access_token"]),))
            return str(found["access_token"])
        reason = str(found.get("error") or "") if isinstance(found, dict) else ""
        said = {
            "invalid_grant": "the refresh token or the key was revoked, or has expired",
            "invalid_client": "the app's id and secret do not fit each other",
            "unauthorized_client": "the app or the service account may not do this",
        }.get(reason, f"the token service answered {status}")
        raise ConnectorProblem("IR586", f"{self._store} gives no token: {said}", key=("credentials_ref",),
                               hint="put new credentials where these came from")  # fmt: skip


def refresh_grant(refresh_token: str, client_id: str, client_secret: str | None) -> Callable[[], Mapping[str, str]]:
    """What a token is fetched with for a refresh token of an app; a public app has no secret."""
    found = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": client_id}
    if client_secret is not None:
        found["client_secret"] = client_secret
    return lambda: found


def read_texts(
    found: Credentials, known: Mapping[str, tuple[str, ...]], policy: Policy, *, store: str, variable: str
) -> dict[str, str]:
    """The parts of a drive's credentials, all of them texts: of a JSON object of parts, or of the bare access token.

    Raises:
        ConnectorProblem: IR585 for parts that do not make credentials, IR586 for none at all, IR502 where the policy
            forbids a server they name.
    """
    if found is None:
        raise ConnectorProblem("IR586", f"there are no credentials for {store}", key=("credentials_ref",),
                               hint=f"write credentials_ref, or set {variable}")  # fmt: skip
    given = read_parts({"access_token": found} if isinstance(found, str) else found, known, store=store)
    wrong = [key for key, value in given.items() if not isinstance(value, str)]
    if wrong:
        raise ConnectorProblem("IR585", f"credentials of {store}: {wrong[0]} is no text", key=("credentials_ref",),
                               hint="write it in quotes")  # fmt: skip
    texts = {key: str(value).strip() for key, value in given.items() if value}
    for key in ("api_base", "upload_base", "token_uri"):
        if key in texts:
            check_server(texts[key], key, policy, store=store)
    for key in ("api_base", "upload_base"):
        if key in texts:
            texts[key] = texts[key].rstrip("/")
    if "api_base" in texts:
        texts.setdefault("upload_base", texts["api_base"])
    return texts


def check_server(url: str, key: str, policy: Policy, *, store: str) -> None:
    """Refuse what is no URL of a server, and servers that the run may not reach.

    Raises:
        ConnectorProblem: IR585, or IR502.
    """
    host = urlsplit(url).hostname
    if urlsplit(url).scheme not in {"http", "https"} or not host:
        raise ConnectorProblem("IR585", f"credentials of {store}: {key} is no URL of a server",
                               key=("credentials_ref",), hint="leave it out")  # fmt: skip
    policy.check_endpoint(host)
