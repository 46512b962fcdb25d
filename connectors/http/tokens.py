"""Access tokens of OAuth 2: fetched once for all who wait, kept until shortly before they end."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Literal, Protocol
from urllib.parse import quote_plus, urlencode

from connectors.http.answers import Answer
from connectors.http.client import Request
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.redaction import hide

ClientAuth = Literal["basic", "body"]
_EARLY_S = 60.0
"""So long before it ends a token is renewed; of one that does not last twice as long, when half of its time is over."""
_LASTS_S = 3600.0
"""Where the service does not say how long a token lasts."""
_REFUSED_S = 60.0
"""So long nobody asks again what the service has refused: with a wrong secret each row of a table would ask anew."""
_TRIES = 3
_MOST_KEPT = 500
_ANY_STATUS = range(200, 600)
_REFUSALS = {
    "invalid_grant": "the refresh token or the key was revoked, or has expired",
    "invalid_client": "the app's id and secret do not fit each other",
    "unauthorized_client": "the app or the service account may not do this",
    "invalid_scope": "the app may not ask for these scopes",
}


class Asks(Protocol):
    """Sends a request."""

    async def ask(self, request: Request) -> Answer: ...


@dataclass(slots=True)
class Kept:
    """A token and when it is to be renewed. Who fetches one has the turn."""

    token: str | None = field(default=None, repr=False)
    until_s: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    refusal: tuple[str, float] | None = None
    """Why there is no token, and when that was said."""
    unwelcome: tuple[str, float] | None = field(default=None, repr=False)
    """A token that was refused though it was new, and when."""


_KEPT: dict[str, Kept] = {}
"""The tokens of this process by a digest of what they were asked for with: it is the same token for whoever has that.
All requests run in one loop, so that nothing else guards it."""


@dataclass(slots=True, kw_only=True)
class Tokens:
    """The access tokens of one account. Whoever needs one while it is fetched waits for the same request."""

    title: str
    """What the account is at, for people."""
    url: str
    grant: Callable[[], Mapping[str, str]] = field(repr=False)
    basic: str | None = field(default=None, repr=False)
    client: Asks
    now: Callable[[], float]
    key: tuple[str, ...] = ("credentials_ref",)
    """Where it stands in the document what it is asked for with."""
    kept: Kept = field(default_factory=Kept)
    _fetching: asyncio.Task[str] | None = None

    async def token(self) -> str:
        """A token that lasts.

        Raises:
            ConnectorProblem: IR586 where the service gives none, or gave none a moment ago; IR589 where it does not
                answer.
        """
        if self._lasting is not None:
            return self._lasting
        if self._fetching is None:
            self._fetching = asyncio.ensure_future(self._fetched())
            self._fetching.add_done_callback(self._ended)
        return await asyncio.shield(self._fetching)

    def drop(self, token: str) -> None:
        """Ask for another one next time; one that has come in since then stays."""
        if self.kept.token == token:
            self.kept.token = None

    def refuse(self, token: str) -> None:
        """Note that a token is refused which was asked for in place of another one: a further one helps as little."""
        self.kept.unwelcome = (token, self.now())

    def is_refused(self, token: str) -> bool:
        """Whether that was noted a moment ago."""
        noted = self.kept.unwelcome
        return noted is not None and noted[0] == token and self._is_fresh(noted[1])

    @property
    def _lasting(self) -> str | None:
        return self.kept.token if self.now() < self.kept.until_s else None

    def _is_fresh(self, moment_s: float) -> bool:
        return 0 <= self.now() - moment_s < _REFUSED_S  # a clock that was set back keeps nothing alive

    def _ended(self, task: asyncio.Task[str]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # told to those who wait

    async def _fetched(self) -> str:
        async with self.kept.turn:
            if self._lasting is None and self.kept.refusal is not None and self._is_fresh(self.kept.refusal[1]):
                raise self._none(self.kept.refusal[0])
            return self._lasting or await self._fetch()

    async def _fetch(self) -> str:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.basic is not None:
            headers["Authorization"] = f"Basic {self.basic}"
        for attempt in range(1, _TRIES + 1):
            request = Request(method="POST", url=self.url, headers=headers, body=urlencode(self.grant()).encode(),
                              ok=_ANY_STATUS)  # fmt: skip
            try:
                answer = await self.client.ask(request)
            except ConnectorProblem as problem:
                if attempt == _TRIES or problem.reason is None:
                    raise self._unanswered(problem) from problem
            else:
                if answer.status < 500 and answer.status != 429:
                    return self._read(answer.status, answer.json())
            if attempt < _TRIES:
                await asyncio.sleep(0.2 * attempt)
        raise self._unanswered(None)

    def _read(self, status: int, said: Any) -> str:
        said = said if isinstance(said, dict) else {}
        token = said.get("access_token")
        if status >= 300 or not isinstance(token, str) or not token:
            known = _REFUSALS.get(str(said.get("error")))
            reason = known or f"the token service answered {status}"
            if known is not None or status == 401:  # others may pass by themselves
                self.kept.refusal = (reason, self.now())
            raise self._none(reason)
        hide((token,))
        if not all(" " < each <= "~" for each in token):
            raise self._none("what came holds characters that no header can", hint=None)
        lasts_s = _seconds(said.get("expires_in"))
        self.kept.token, self.kept.until_s = token, self.now() + lasts_s - min(_EARLY_S, lasts_s / 2)
        self.kept.refusal = None
        return token

    def _none(self, reason: str, *, hint: str | None = "put new credentials where these came from"
              ) -> ConnectorProblem:  # fmt: skip
        return ConnectorProblem("IR586", f"{self.title} gives no token: {reason}", key=self.key, hint=hint)

    def _unanswered(self, problem: ConnectorProblem | None) -> ConnectorProblem:
        return ConnectorProblem(
            "IR589", f"the service that gives tokens for {self.title} does not answer",
            key=self.key, hint="check the network, and token_url where it is given",
            reason=problem.reason if problem else "server_error", notes=[problem.message] if problem else [],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """An app that asks in its own name (RFC 6749, 4.4)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    audience: str = ""
    client_auth: ClientAuth = "basic"

    @property
    def basic(self) -> str | None:
        """What stands behind Basic, where the app names itself so."""
        return basic_pair(self.client_id, self.client_secret) if self.client_auth == "basic" else None

    def grant(self) -> Mapping[str, str]:
        """The form of the request."""
        said = {"scope": self.scope, "audience": self.audience}
        if self.client_auth == "body":
            said |= {"client_id": self.client_id, "client_secret": self.client_secret}
        return {"grant_type": "client_credentials", **{name: each for name, each in said.items() if each}}

    def kept(self) -> Kept:
        """The token of this process for just these."""
        written = repr(
            (self.token_url, self.client_id, self.client_secret, self.scope, self.audience, self.client_auth)
        )
        name = hashlib.sha256(written.encode()).hexdigest()
        if name not in _KEPT and len(_KEPT) >= _MOST_KEPT:
            _KEPT.clear()  # whoever holds one goes on with it
        return _KEPT.setdefault(name, Kept())

    def tokens(self, *, title: str, client: Asks, now: Callable[[], float],
               key: tuple[str, ...] = ("credentials_ref",), kept: Kept | None = None) -> Tokens:  # fmt: skip
        """The tokens for these; `kept` instead of those that all of this process share."""
        return Tokens(title=title, url=self.token_url, grant=self.grant, basic=self.basic, client=client, now=now,
                      key=key, kept=self.kept() if kept is None else kept)  # fmt: skip


def basic_pair(client_id: str, client_secret: str) -> str:
    """A client's name and secret as RFC 6749 (2.3.1) has them: each encoded as in a form, so that a colon is none."""
    pair = base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()).decode()
    hide((pair,))
    return pair


def _seconds(said: Any) -> float:
    """What expires_in says; some services write a text."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return _LASTS_S
    try:
        found = float(said)
    except (ValueError, OverflowError):
        return _LASTS_S
    return max(found, 0.0) if math.isfinite(found) else _LASTS_S
