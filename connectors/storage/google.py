"""What the secrets of Google's stores share: a token, a refresh token of an app, or a service account's key."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from connectors.problem import ConnectorProblem
from connectors.storage.tokens import FetchedTokens, GivenToken, Tokens, refresh_grant

_TOKEN_URL = "https://oauth2.googleapis.com/token"
_LIFE_S = 3600
GOOGLE_PARTS: Mapping[str, tuple[str, ...]] = {
    "access_token": ("token",),
    "refresh_token": (),
    "client_id": (),
    "client_secret": (),
    "token_uri": (),
    "client_email": (),
    "private_key": (),
    "private_key_id": (),
    "subject": (),
    # What else stands in the files that Google hands out.
    "type": (),
    "project_id": (),
    "auth_uri": (),
    "auth_provider_x509_cert_url": (),
    "client_x509_cert_url": (),
    "universe_domain": (),
    "account": (),
}
"""The parts of such a secret, each with the other names that it goes by."""


def google_tokens(texts: Mapping[str, str], scope: str, *, store: str, extra: str) -> Tokens:
    """The tokens of Google's that the parts of credentials give, for what `scope` lets do.

    Raises:
        ConnectorProblem: IR585 for parts that give none.
    """

    def wrong(what: str, hint: str) -> ConnectorProblem:
        return ConnectorProblem("IR585", f"credentials of {store}: {what}", key=("credentials_ref",), hint=hint)

    url = texts.get("token_uri", _TOKEN_URL)
    if "private_key" in texts:
        if "client_email" not in texts:
            raise wrong("client_email is missing", "take the whole file of the service account's key")
        try:
            grant = _signed(texts, url, scope)
        except ImportError as error:
            raise ConnectorProblem("IR506", "service accounts need the package google-auth", key=("credentials_ref",),
                                   hint=f"pip install 'weirflow[{extra}]'") from error  # fmt: skip
        except Exception as error:  # what cryptography says may quote the key
            raise wrong("private_key is no key", "take the whole file of the service account's key") from error
        return FetchedTokens(url, grant, store=store)
    if "refresh_token" in texts:
        if "client_id" not in texts:
            raise wrong("client_id is missing", "a refresh token belongs to the app that it was given to")
        grant = refresh_grant(texts["refresh_token"], texts["client_id"], texts.get("client_secret"))
        return FetchedTokens(url, grant, store=store)
    if "access_token" in texts:
        return GivenToken(texts["access_token"])
    raise wrong("there is no token and no key", "give access_token, refresh_token, or a service account's key")


def _signed(texts: Mapping[str, str], url: str, scope: str) -> Callable[[], Mapping[str, str]]:
    """What a token is fetched with for a service account: an assertion signed with its key."""
    from google.auth import crypt, jwt

    signer = crypt.RSASigner.from_string(texts["private_key"], texts.get("private_key_id"))  # type: ignore[no-untyped-call]

    def grant() -> Mapping[str, str]:
        now = int(time.time())
        claims = {"iss": texts["client_email"], "scope": scope, "aud": url, "iat": now, "exp": now + _LIFE_S}
        if "subject" in texts:
            claims["sub"] = texts["subject"]
        assertion = jwt.encode(signer, claims).decode()  # type: ignore[no-untyped-call]
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}

    return grant
