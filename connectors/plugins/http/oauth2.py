"""Who asks by OAuth 2: with a token that was given, or with one that is asked for with what the connection has."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any

from connectors.http.tokens import Asks, ClientCredentials, Kept, Tokens, basic_pair
from connectors.plugins.account import Connection
from connectors.plugins.http.auth import Authority, Fixed, bearer
from connectors.plugins.http.building import Built
from connectors.plugins.http.places import Places
from connectors.plugins.manifest import Auth, Manifest
from connectors.plugins.templating import Roots, compiled
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.redaction import HIDDEN


@dataclass(slots=True)
class OfTokens:
    """The access token of a connection, which is renewed in time."""

    tokens: Tokens
    token_type: str
    others: Fixed = field(default_factory=Fixed)
    """What else goes into each request."""

    async def sign(self, request: Built) -> None:
        request.headers["Authorization"] = f"{self.token_type} {await self.tokens.token()}"
        self.others.sign(request)

    async def renew(self, refused: Built, *, is_new: bool) -> bool:
        token = refused.headers.get("Authorization", "").removeprefix(f"{self.token_type} ")
        if is_new:
            self.tokens.refuse(token)
        if is_new or self.tokens.is_refused(token):
            return False
        self.tokens.drop(token)
        return True

    def show(self, request: Built) -> None:
        request.headers["Authorization"] = f"{self.token_type} {HIDDEN}"
        self.others.show(request)


def oauth2(manifest: Manifest, connection: Connection, places: Places, client: Asks, now: Callable[[], float], *,
           others: Fixed, is_shared: bool) -> Authority:  # fmt: skip
    """Who asks by OAuth 2: a token alone is taken as it is, else one is fetched with what the connection has. Tokens
    of client credentials are those of the process, where they `are shared`.

    Raises:
        ConnectorProblem: IR585 where the connection has neither.
    """
    auth, parts = manifest.auth, connection.parts
    if auth.is_optional and not parts.keys() & {"token_url", "client_id", "client_secret", "access_token"}:
        return others
    grant = auth.grant or _grant_of(parts)
    if "private_key" in parts and auth.grant in {None, "refresh_token", "service_account"}:
        grant = "service_account"
    needs = {"refresh_token": "refresh_token", "client_credentials": "client_secret", "service_account": "private_key"}
    if grant is None or needs[grant] not in parts:
        if isinstance(parts.get("access_token"), str):
            return replace(bearer(parts["access_token"].strip(), auth.token_type), query=others.query)
        said = {"client_credentials": "token_url, client_id and client_secret" if auth.is_optional
                else "access_token, or client_id and client_secret"}  # fmt: skip
        hint = said.get(grant or "", "access_token, or refresh_token with client_id and client_secret")
        raise ConnectorProblem("IR585", f"credentials of {manifest.title}: there is no token", key=("credentials_ref",),
                               hint=f"give {hint}")  # fmt: skip
    written = parts.get("token_uri") or parts.get("token_url") or auth.token_url
    if not isinstance(written, str):
        if auth.is_optional:
            raise _lacking(manifest, "token_url")
        raise ConnectorProblem("IR695", f"{manifest.key} has no token_url")
    url = places.encrypted(places.placed(str(compiled(written)(Roots(values={"connection": parts})))))
    if grant == "client_credentials":
        app = _app(manifest, parts, url)
        tokens = app.tokens(title=manifest.title, client=client, now=now, kept=None if is_shared else Kept())
        return OfTokens(tokens, auth.token_type, others)
    is_basic = auth.client_auth == "basic" and grant != "service_account"
    basic = basic_pair(str(parts.get("client_id", "")), str(parts.get("client_secret", ""))) if is_basic else None
    asked = _grant(grant, auth, parts, url, now, is_in_body=not is_basic)
    tokens = Tokens(title=manifest.title, url=url, grant=asked, basic=basic, client=client, now=now)
    return OfTokens(tokens, auth.token_type, others)


def _app(manifest: Manifest, parts: Mapping[str, Any], url: str) -> ClientCredentials:
    """What an app asks for in its own name; the connection's own words stand before the manifest's."""
    auth = manifest.auth
    if manifest.auth.is_optional and not parts.get("client_id"):
        raise _lacking(manifest, "client_id")
    scope = parts.get("scope") or auth.scopes
    return ClientCredentials(
        token_url=url, client_id=str(parts.get("client_id", "")), client_secret=str(parts["client_secret"]),
        scope=scope if isinstance(scope, str) else " ".join(map(str, scope)),
        audience=str(parts.get("audience") or auth.audience or ""),
        client_auth="body" if (parts.get("client_auth") or auth.client_auth) == "body" else "basic",
    )  # fmt: skip


def _lacking(manifest: Manifest, name: str) -> ConnectorProblem:
    return ConnectorProblem("IR585", f'credentials of {manifest.title}: "{name}" is missing', key=("credentials_ref",),
                            hint="client credentials are token_url, client_id and client_secret")  # fmt: skip


def _grant_of(parts: Mapping[str, Any]) -> Any:
    if "refresh_token" in parts:
        return "refresh_token"
    if "private_key" in parts:
        return "service_account"
    return "client_credentials" if "client_secret" in parts else None


def _grant(kind: str, auth: Auth, parts: Mapping[str, Any], url: str, now: Callable[[], float], *,
           is_in_body: bool) -> Callable[[], Mapping[str, str]]:  # fmt: skip
    client = {key: str(parts[key]) for key in ("client_id", "client_secret") if key in parts and is_in_body}
    if kind == "refresh_token":
        return lambda: {"grant_type": kind, "refresh_token": str(parts["refresh_token"]), **client}
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
