"""Tokens of OAuth 2: given, or fetched once for all who wait and renewed before they end."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from connectors.http.client import Request
from connectors.plugins.account import Connection
from connectors.plugins.http.auth import Authority, bearer
from connectors.plugins.http.bodies import form_text
from connectors.plugins.http.building import Built
from connectors.plugins.http.places import Places
from connectors.plugins.manifest import Auth, Manifest
from connectors.plugins.templating import Roots, compiled
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.redaction import HIDDEN, hide

if TYPE_CHECKING:
    from connectors.plugins.http.asking import Asks

_EARLY_S = 60.0
"""So long before it ends a token is renewed."""
_TRIES = 3
_ANY_STATUS = range(200, 600)
_REFUSALS = {
    "invalid_grant": "the refresh token or the key was revoked, or has expired",
    "invalid_client": "the app's id and secret do not fit each other",
    "unauthorized_client": "the app or the service account may not do this",
    "invalid_scope": "the app may not ask for these scopes",
}


@dataclass(slots=True)
class Tokens:
    """The access token of a connection. Whoever needs one while it is fetched waits for the same request."""

    manifest: Manifest
    url: str
    grant: Callable[[], Mapping[str, str]] = field(repr=False)
    basic: str | None = field(repr=False)
    client: Asks
    now: Callable[[], float]
    token: str | None = field(default=None, repr=False)
    until_s: float = 0.0
    _fetching: asyncio.Task[None] | None = None

    async def sign(self, request: Built) -> None:
        if self.token is None or self.now() >= self.until_s:
            await self._fetched()
        request.headers["Authorization"] = f"{self.manifest.auth.token_type} {self.token}"

    async def renew(self) -> bool:
        self.token = None
        return True

    def show(self, request: Built) -> None:
        request.headers["Authorization"] = f"{self.manifest.auth.token_type} {HIDDEN}"

    async def _fetched(self) -> None:
        if self._fetching is None:
            self._fetching = asyncio.ensure_future(self._fetch())
            self._fetching.add_done_callback(self._ended)
        await asyncio.shield(self._fetching)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # told to those who wait

    async def _fetch(self) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.basic is not None:
            headers["Authorization"] = f"Basic {self.basic}"
        for attempt in range(1, _TRIES + 1):
            request = Request(method="POST", url=self.url, headers=headers, body=form_text(self.grant()).encode(),
                              ok=_ANY_STATUS)  # fmt: skip
            try:
                answer = await self.client.ask(request)
            except ConnectorProblem as problem:
                if attempt == _TRIES or problem.reason is None:
                    raise self._unanswered(problem) from problem
            else:
                if answer.status < 500 and answer.status != 429:
                    self._read(answer.status, answer.json())
                    return
            if attempt < _TRIES:
                await asyncio.sleep(0.2 * attempt)
        raise self._unanswered(None)

    def _read(self, status: int, said: Any) -> None:
        said = said if isinstance(said, dict) else {}
        if status < 300 and isinstance(said.get("access_token"), str):
            self.token = said["access_token"]
            hide((self.token,))
            expires_s = said.get("expires_in")
            self.until_s = (
                self.now() + float(expires_s if isinstance(expires_s, int | float | str) else 3600) - _EARLY_S
            )
            return
        reason = _REFUSALS.get(str(said.get("error")), f"the token service answered {status}")
        raise ConnectorProblem("IR586", f"{self.manifest.title} gives no token: {reason}", key=("credentials_ref",),
                               hint="put new credentials where these came from")  # fmt: skip

    def _unanswered(self, problem: ConnectorProblem | None) -> ConnectorProblem:
        return ConnectorProblem(
            "IR589", f"the service that gives tokens for {self.manifest.title} does not answer",
            key=("credentials_ref",), hint="check the network, and token_url where it is given",
            reason=problem.reason if problem else "server_error", notes=[problem.message] if problem else [],
        )  # fmt: skip


def oauth2(manifest: Manifest, connection: Connection, places: Places, client: Asks,
           now: Callable[[], float]) -> Authority:  # fmt: skip
    """Who asks by OAuth 2: a token alone is taken as it is, else one is fetched with what the connection has.

    Raises:
        ConnectorProblem: IR585 where the connection has neither.
    """
    auth, parts = manifest.auth, connection.parts
    grant = auth.grant or _grant_of(parts)
    if "private_key" in parts and auth.grant in {None, "refresh_token", "service_account"}:
        grant = "service_account"
    needs = {"refresh_token": "refresh_token", "client_credentials": "client_secret", "service_account": "private_key"}
    if grant is None or needs[grant] not in parts:
        if isinstance(parts.get("access_token"), str):
            return bearer(parts["access_token"].strip(), auth.token_type)
        raise ConnectorProblem("IR585", f"credentials of {manifest.title}: there is no token", key=("credentials_ref",),
                               hint="give access_token, or refresh_token with client_id and client_secret")  # fmt: skip
    written = parts.get("token_uri") or parts.get("token_url") or auth.token_url
    if not isinstance(written, str):
        raise ConnectorProblem("IR695", f"{manifest.key} has no token_url")
    roots = Roots(values={"connection": parts})
    url = places.placed(str(compiled(written)(roots)))
    is_basic = auth.client_auth == "basic" and grant != "service_account"
    basic = base64.b64encode(f"{parts.get('client_id', '')}:{parts.get('client_secret', '')}".encode()).decode()
    return Tokens(manifest, url, _grant(grant, auth, parts, url, now, is_in_body=not is_basic),
                  basic if is_basic else None, client, now)  # fmt: skip


def _grant_of(parts: Mapping[str, Any]) -> Any:
    if "refresh_token" in parts:
        return "refresh_token"
    if "private_key" in parts:
        return "service_account"
    return "client_credentials" if "client_secret" in parts else None


def _grant(kind: str, auth: Auth, parts: Mapping[str, Any], url: str, now: Callable[[], float], *,
           is_in_body: bool) -> Callable[[], Mapping[str, str]]:  # fmt: skip
    scope = {"scope": " ".join(auth.scopes)} if auth.scopes else {}
    client = {key: str(parts[key]) for key in ("client_id", "client_secret") if key in parts and is_in_body}
    if kind == "refresh_token":
        return lambda: {"grant_type": kind, "refresh_token": str(parts["refresh_token"]), **client}
    if kind == "client_credentials":
        return lambda: {"grant_type": kind, **client, **scope}
    return lambda: {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    "assertion": _assertion(auth, parts, url, now())}  # fmt: skip


def _assertion(auth: Auth, parts: Mapping[str, Any], url: str, now_s: float) -> str:
    """What a service account signs: who it is, for what, and until when.

    Raises:
        ConnectorProblem: IR594 where the package is missing that signs, IR585 for a key that is none.
    """
    try:
        from google.auth import crypt
    except ModuleNotFoundError as error:
        raise ConnectorProblem("IR594", "service accounts need the package google-auth", key=("credentials_ref",),
                               hint="pip install 'weirflow[google-drive]'") from error  # fmt: skip
    claims = {"iss": parts.get("client_email"), "scope": " ".join(auth.scopes), "aud": parts.get("token_uri") or url,
              "iat": int(now_s), "exp": int(now_s) + 3600}  # fmt: skip
    if parts.get("subject"):
        claims["sub"] = parts["subject"]
    try:
        signer = crypt.RSASigner.from_string(  # type: ignore[no-untyped-call]
            parts["private_key"], parts.get("private_key_id")
        )
        head = {"typ": "JWT", "alg": "RS256", **({"kid": signer.key_id} if signer.key_id else {})}
        signed = b".".join(_base64url(json.dumps(each).encode()) for each in (head, claims))
        return b".".join((signed, _base64url(signer.sign(signed)))).decode()
    except ValueError:
        raise ConnectorProblem("IR585", "the private_key of the service account is none",
                               key=("credentials_ref",)) from None  # fmt: skip


def _base64url(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
