"""What a secret says about a Dropbox: a token, or an app's refresh token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials, read_parts
from connectors.storage.tokens import FetchedTokens, GivenToken, Tokens, check_server, refresh_grant

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
    if found is None:
        raise ConnectorProblem("IR586", "there are no credentials for Dropbox", key=("credentials_ref",),
                               hint="write credentials_ref, or set WEIRFLOW_DROPBOX")  # fmt: skip
    given = read_parts({"access_token": found} if isinstance(found, str) else found, _PARTS, store="Dropbox")
    wrong = [key for key, value in given.items() if not isinstance(value, str)]
    if wrong:
        raise _wrong(f"{wrong[0]} is no text", "write it in quotes")
    texts = {key: str(value).strip() for key, value in given.items() if value}
    for key in ("api_base", "upload_base", "token_uri"):
        if key in texts:
            check_server(texts[key], key, policy, store="Dropbox")
            texts[key] = texts[key].rstrip("/")
    if "api_base" in texts:
        texts.setdefault("upload_base", texts["api_base"])
    kept = ("api_base", "upload_base", "root_namespace", "team_member")
    return DropboxCredentials(tokens=_tokens(texts), **{key: texts[key] for key in kept if key in texts})


def _tokens(texts: Mapping[str, str]) -> Tokens:
    if "refresh_token" in texts:
        if "app_key" not in texts:
            raise _wrong("app_key is missing", "a refresh token belongs to the app that it was given to")
        url = texts.get("token_uri") or f"{texts.get('api_base', _API)}/oauth2/token"
        grant = refresh_grant(texts["refresh_token"], texts["app_key"], texts.get("app_secret"))
        return FetchedTokens(url, grant, store="Dropbox")
    if "access_token" in texts:
        return GivenToken(texts["access_token"])
    raise _wrong("there is no token", "give refresh_token with app_key and app_secret, or access_token")


def _wrong(what: str, hint: str) -> ConnectorProblem:
    return ConnectorProblem("IR585", f"credentials of Dropbox: {what}", key=("credentials_ref",), hint=hint)
