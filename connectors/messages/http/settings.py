"""How posts are made: what a delivery's config and its credentials say, taken apart and checked."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.http.signing import FORMATS
from connectors.messages.http.apps import APP, APP_KEYS, app_of, app_problems
from connectors.messages.sender import ConfigProblem, SendingAccount
from connectors.problem import ConnectorProblem
from connectors.secrets.resolving import resolve
from connectors.secrets.secret import Secret
from ir.diagnostics import did_you_mean
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.http.tokens import ClientCredentials

METHODS = ("POST", "PUT", "PATCH")
AUTHS = ("none", "bearer", "basic", "api_key", APP)
KEYS = (
    "url", "method", "headers", "auth", "signing", "body", "success", "timeout_s", "idempotency_header",
    "allow_unencrypted",
)  # fmt: skip
_AUTH_KEYS = ("type", "secret_ref", "user", "header")
_SIGNING_KEYS = ("secret_ref", "format")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSettings:
    """What is the same for all posts of a delivery. Nothing secret shows in a repr."""

    url: str | None = field(default=None, repr=False)
    """Where it stands in a secret, as the addresses of many chat services do."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    signing_format: str = "standard-webhooks"
    app: ClientCredentials | None = None
    """What asks for tokens, where posts go out with them."""

    @property
    def is_secret(self) -> bool:
        """Whether what is sent would let others send in our name."""
        return bool(self.headers or self.signing_secret or self.app)


def problems_of(config: Mapping[str, Any], *, has_credentials: bool = False) -> Iterator[ConfigProblem]:
    """What is wrong with a config as far as the document tells."""
    known = f"known are {', '.join(KEYS)}"
    for key in config:
        if key not in KEYS:
            yield ConfigProblem(f'a post has no "{key}": {did_you_mean(key, KEYS) or known}', (key,), True)
    method = str(config.get("method") or "POST").upper()
    if method not in METHODS and "{{" not in method:
        yield ConfigProblem(f"method {method} is not one of {', '.join(METHODS)}", ("method",))
    url = config.get("url")
    if url is not None and not (isinstance(url, str) and url.startswith(("https://", "http://", "{{"))):
        yield ConfigProblem("url is no address that begins with https://", ("url",))
    elif isinstance(url, str) and "@" in url.partition("://")[2].partition("/")[0]:
        yield ConfigProblem("url holds a user or a password; put them into a secret and name it in auth", ("url",))
    yield from _auth_problems(config, has_credentials=has_credentials)
    timeout_s = config.get("timeout_s", 30)
    if not _is_number(timeout_s) or not 0 < timeout_s <= 600:
        yield ConfigProblem("timeout_s is no number of seconds up to 600", ("timeout_s",))
    success = config.get("success")
    if success is not None and not all(isinstance(each, int) and 100 <= each < 600 for each in _listed(success)):
        yield ConfigProblem("success is no list of statuses such as [200, 409]", ("success",))
    if config.get("headers") is not None and not isinstance(config["headers"], Mapping):
        yield ConfigProblem("headers is no mapping of names and texts", ("headers",))


def _auth_problems(config: Mapping[str, Any], *, has_credentials: bool) -> Iterator[ConfigProblem]:
    for key, known, word, words in (("auth", _AUTH_KEYS, "type", AUTHS), ("signing", _SIGNING_KEYS, "format", FORMATS)):
        section = config.get(key)
        if section is None:
            continue
        if not isinstance(section, Mapping):
            said = ", ".join(f"{each}: …" for each in known[:2])
            yield ConfigProblem(f"{key} is no object; write {key}: {{{said}}}", (key,))
            continue
        written = section.get(word)
        is_app = key == "auth" and written == APP
        named = (*known, *APP_KEYS) if is_app else known
        for each in section:
            if each not in named:
                yield ConfigProblem(f'{key} has no "{each}": known are {", ".join(named)}', (key, each), True)
        if written is not None and written not in words:
            yield ConfigProblem(f'{key}.{word} "{written}" is not one of {", ".join(words)}', (key, word))
        if key == "auth" and written is None:
            yield ConfigProblem(f"auth needs a type: one of {', '.join(AUTHS)}", (key,))
        if key == "auth" and written == "api_key" and not section.get("header"):
            yield ConfigProblem("auth of type api_key needs header: the header that the key goes into, such as "
                                "X-Api-Key", (key,))  # fmt: skip
        if is_app:
            yield from app_problems(section, has_credentials=has_credentials)
        if key == "signing" and not section.get("secret_ref"):
            yield ConfigProblem("signing needs secret_ref: where the key is", (key,))
    url = str(config.get("url") or "")
    if (config.get("auth") or config.get("signing")) and "{{" in url.partition("://")[2].partition("/")[0]:
        yield ConfigProblem("the host of url stands in a template: with auth or signing it has to be written out",
                            ("url",))  # fmt: skip
    if url.startswith("{{") and (config.get("auth") or config.get("signing")):
        yield ConfigProblem("url is a template: with auth or signing its scheme and host have to be written out",
                            ("url",))  # fmt: skip


def settings_of(account: SendingAccount) -> PostSettings:
    """The settings of a delivery, its secrets looked up.

    Raises:
        ConnectorProblem: IR59x for a secret that cannot be had, IR690 for one that is not what it has to be.
    """
    auth, signing = account.config.get("auth") or {}, account.config.get("signing") or {}
    own = _own(account)
    app = _app(auth, own, account)
    headers = {} if app is not None else _auth_headers(auth, own, account)
    signing_secret = _secret(signing["secret_ref"], account).text.strip() if signing.get("secret_ref") else None
    return PostSettings(
        url=own.get("url"), headers=headers, signing_secret=signing_secret or own.get("signing_secret"),
        signing_format=str(signing.get("format") or "standard-webhooks"), app=app,
    )  # fmt: skip


def _own(account: SendingAccount) -> dict[str, str]:
    """What the delivery's own credentials say: a URL that is secret, a token, or an object of parts."""
    if account.credentials_ref is None:
        return {}
    secret = _secret(account.credentials_ref, account)
    parts = secret.parts()
    if parts is None:
        text, auth = secret.text.strip(), account.config.get("auth") or {}
        if text.startswith(("https://", "http://")):
            return {"url": text}
        # as in secret_ref: of an app the rest stands in auth
        return {"client_secret" if auth.get("type") == APP and not auth.get("secret_ref") else "token": text}
    known = ("url", "token", "user", "password", "signing_secret", "client_secret", *APP_KEYS)
    for key in parts:
        if key not in known:
            raise ConnectorProblem("IR690", f'the secret {secret.reference} has the unknown part "{key}"',
                                   key=("credentials_ref",), hint=f"the parts are {', '.join(known)}")  # fmt: skip
    return {key: str(value) for key, value in parts.items()}


def _app(auth: Mapping[str, Any], own: Mapping[str, str], account: SendingAccount) -> ClientCredentials | None:
    if (auth.get("type") or (APP if "client_secret" in own else None)) != APP:
        return None
    secret = _secret(auth["secret_ref"], account) if auth.get("secret_ref") else None
    return app_of(auth, own, secret, is_unencrypted_allowed=bool(account.config.get("allow_unencrypted")))


def _auth_headers(auth: Mapping[str, Any], own: Mapping[str, str], account: SendingAccount) -> dict[str, str]:
    kind = auth.get("type") or ("basic" if "user" in own else "bearer" if "token" in own else "none")
    if kind == "none":
        return {}
    if kind == "basic":
        user, password = _user(auth, own, account)
        return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}
    token = _secret(auth["secret_ref"], account).text.strip() if auth.get("secret_ref") else own.get("token")
    if not token:
        raise ConnectorProblem("IR690", f"auth of type {kind} has no secret", key=("config", "auth"),
                               hint="write secret_ref: env:NAME")  # fmt: skip
    if any(each < " " or each > "~" for each in token):
        raise ConnectorProblem("IR690", "the secret of auth holds characters that no header can",
                               key=("config", "auth", "secret_ref"))  # fmt: skip
    return {"Authorization": f"Bearer {token}"} if kind == "bearer" else {str(auth["header"]): token}


def _user(auth: Mapping[str, Any], own: Mapping[str, str], account: SendingAccount) -> tuple[str, str]:
    """The user and the password: of `auth`, its secret, or the credentials."""
    if not auth.get("secret_ref"):
        return str(auth.get("user") or own.get("user", "")), own.get("password", "")
    secret = _secret(auth["secret_ref"], account)
    parts = secret.parts()
    if parts is not None:
        return str(parts.get("user") or parts.get("username") or ""), str(parts.get("password") or "")
    if auth.get("user"):
        return str(auth["user"]), secret.text.strip()
    user, colon, password = secret.text.strip().partition(":")
    if not colon:
        raise ConnectorProblem("IR690", f"the secret {secret.reference} is no user:password", hint="or write auth.user",
                               key=("config", "auth", "secret_ref"))  # fmt: skip
    return user, password


def _secret(reference: Any, account: SendingAccount) -> Secret:
    return resolve(str(reference), policy=account.policy, base=account.base)


def check_encrypted(url: str, settings: PostSettings, config: Mapping[str, Any]) -> None:
    """Refuse to send what is secret where others can read it.

    Raises:
        ConnectorProblem: IR690.
    """
    parts = urlsplit(url)
    is_here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme == "http" and settings.is_secret and not is_here and not config.get("allow_unencrypted"):
        raise ConnectorProblem("IR690", f"the credentials would go to {parts.hostname} unencrypted",
                               key=("config", "url"), hint="write https://, or allow_unencrypted: true")  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
