"""Posts of an app that asks for its tokens by OAuth 2 client credentials: what `auth` and the secrets say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from connectors.messages.sender import ConfigProblem
from connectors.problem import ConnectorProblem
from connectors.secrets.secret import Secret

if TYPE_CHECKING:
    from connectors.http.tokens import ClientCredentials

APP = "oauth2_client_credentials"
APP_KEYS = ("token_url", "client_id", "scope", "audience", "client_auth")
_WAYS = ("basic", "body")
_KEY = ("config", "auth")


def app_problems(auth: Mapping[str, Any], *, has_credentials: bool) -> Iterator[ConfigProblem]:
    """What is wrong with an `auth` of this type as far as the document tells; the rest may stand in the secret."""
    if not auth.get("secret_ref") and not has_credentials:
        yield ConfigProblem(f"auth of type {APP} needs secret_ref: where client_secret is", ("auth",))
    url = auth.get("token_url")
    if url is not None and (
        not isinstance(url, str) or not url.startswith(("https://", "http://")) or "{{" in url or "@" in url
    ):
        yield ConfigProblem("auth.token_url is no address that begins with https://, without templates, user and "
                            "password", ("auth", "token_url"))  # fmt: skip
    for key in ("client_id", "scope", "audience"):
        written = auth.get(key)
        if written is not None and (not isinstance(written, str) or "{{" in written):
            yield ConfigProblem(f"auth.{key} is a text without templates", ("auth", key))
    way = auth.get("client_auth")
    if way is not None and way not in _WAYS:
        yield ConfigProblem(f'auth.client_auth "{way}" is not one of {", ".join(_WAYS)}', ("auth", "client_auth"))


def app_of(auth: Mapping[str, Any], own: Mapping[str, str], secret: Secret | None, *, is_unencrypted_allowed: bool
           ) -> ClientCredentials:  # fmt: skip
    """The app, of `auth`, its secret (client_secret alone, or an object of parts) and the delivery's credentials.

    Raises:
        ConnectorProblem: IR690 where something of it is missing, or the token would be asked for unencrypted.
    """
    from connectors.http.addresses import origin_of
    from connectors.http.tokens import ClientCredentials  # with aiohttp, which a check of the document does without

    parts = dict(own)
    if secret is not None:
        parts |= {key: str(value) for key, value in (secret.parts() or {"client_secret": secret.text.strip()}).items()}
    parts |= {key: str(auth[key]) for key in APP_KEYS if auth.get(key)}
    for key in ("token_url", "client_id", "client_secret"):
        if not parts.get(key):
            raise ConnectorProblem("IR690", f"auth of type {APP} has no {key}", key=_KEY,
                                   hint="client_secret stands in the secret, the others there or in auth")  # fmt: skip
    origin = origin_of(parts["token_url"])
    is_here = origin.split("://")[1].rpartition(":")[0] in {"localhost", "127.0.0.1", "::1"}
    if origin.startswith("http://") and not is_here and not is_unencrypted_allowed:
        raise ConnectorProblem("IR690", "the token would be asked for unencrypted", key=_KEY,
                               hint="write https://, or allow_unencrypted: true")  # fmt: skip
    return ClientCredentials(
        token_url=parts["token_url"], client_id=parts["client_id"], client_secret=parts["client_secret"],
        scope=parts.get("scope", ""), audience=parts.get("audience", ""),
        client_auth="body" if parts.get("client_auth") == "body" else "basic",
    )  # fmt: skip
