"""What a secret says about a Dropbox: a token, or an app's refresh token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials
from connectors.storage.tokens import FetchedTokens, GivenToken, Tokens, read_texts, refresh_grant
from ir.records import dataclass

_API = "https://api.dropboxapi.com"
_PARTS: Mapping[str, tuple[str, ...]] = {
    "access_token": ("token",),
    "refresh_token": (),
    "app_key": ("client_id",),
    "app_secret": ("client_secret",),
    "token_uri": (),
    "root_namespace": ("path_root",),
    "team_member": ("select_user",),
    "api_base": (),
    "upload_base": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DropboxCredentials:
    """Who asks, where, and for whom in a team."""

    tokens: Tokens = field(repr=False)
    api_base: str = _API
    upload_base: str = "https://content.dropboxapi.com"
    root_namespace: str | None = None
    """Where paths begin, if not in the member's own folder: such as a team's space."""
    team_member: str | None = None
    """For whom a team's app acts."""


def read_credentials(found: Credentials, policy: Policy) -> DropboxCredentials:
    """The credentials of a secret: a JSON object of parts, or the bare access token.

    Raises:
        ConnectorProblem: IR585 for parts that do not make credentials, IR586 for none at all, IR502 where the policy
            forbids a server they name.
    """
    texts = read_texts(found, _PARTS, policy, store="Dropbox", variable="WEIRFLOW_DROPBOX")
    kept = ("api_base", "upload_base", "root_namespace", "team_member")
    return DropboxCredentials(tokens=_tokens(texts), **{key: texts[key] for key in kept if key in texts})


def _tokens(texts: Mapping[str, str]) -> Tokens:
    if "refresh_token" in texts:
        if "app_key" not in texts:
            raise _wrong("app_key is missing", "a refresh token belongs to the app that it was given to")
        url = texts.get("token_uri", "").rstrip("/") or f"{texts.get('api_base', _API)}/oauth2/token"
        grant = refresh_grant(texts["refresh_token"], texts["app_key"], texts.get("app_secret"))
        return FetchedTokens(url, grant, store="Dropbox")
    if "access_token" in texts:
        return GivenToken(texts["access_token"])
    raise _wrong("there is no token", "give refresh_token with app_key and app_secret, or access_token")


def _wrong(what: str, hint: str) -> ConnectorProblem:
    return ConnectorProblem("IR585", f"credentials of Dropbox: {what}", key=("credentials_ref",), hint=hint)
