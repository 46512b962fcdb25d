"""How a connection says who asks: headers and query parameters that each request gets last."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from connectors.plugins.account import Connection
from connectors.plugins.http.building import Built
from connectors.plugins.http.places import Places
from connectors.plugins.manifest import Auth, Manifest
from connectors.plugins.templating import MISSING, Roots, compiled
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.redaction import HIDDEN, hide
from ir.value_text import text_of

if TYPE_CHECKING:
    from connectors.plugins.http.asking import Asks


class Authority(Protocol):
    """Says who asks."""

    def sign(self, request: Built) -> Awaitable[None] | None:
        """Put in what says it; what to wait for, where that is not known at once."""
        ...

    async def renew(self, refused: Built, *, is_new: bool) -> bool:
        """After this one was refused: whether there is something else to try; not again where what it went out with
        `is new`, which was renewed for it."""
        ...

    def show(self, request: Built) -> None:
        """Put in what stands there, without what is secret."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same headers and query parameters for every request."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    scheme: str = ""

    def sign(self, request: Built) -> None:
        request.headers.update(self.headers)
        if self.query:
            # an address that the service gave for the next page may hold them already
            there = {name for name, _ in parse_qsl(urlsplit(request.url).query, keep_blank_values=True)}
            request.query.extend(each for each in self.query if each[0] not in there)

    async def renew(self, refused: Built, *, is_new: bool) -> bool:
        return False

    def show(self, request: Built) -> None:
        request.headers.update(dict.fromkeys(self.headers, f"{self.scheme} {HIDDEN}".strip()))
        request.query.extend((name, HIDDEN) for name, _ in self.query)


def authority(manifest: Manifest, connection: Connection, places: Places, client: Asks, now: Callable[[], float], *,
              is_shared: bool = True) -> Authority:  # fmt: skip
    """Who asks on a connection; whether its tokens `are shared` with the others of this process.

    Raises:
        ConnectorProblem: IR585 where the connection lacks what the manifest's auth needs.
    """
    auth = manifest.auth
    secret = _Secrets(manifest, connection)
    match auth.type:
        case "none":
            return Fixed(query=secret.pairs(auth.query))
        case "bearer":
            return bearer(secret.text(auth.token, "the token"), auth.token_type)
        case "basic":
            user, password = secret.text(auth.user, "the user"), secret.text(auth.password, "the password", least=0)
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            hide((pair,))
            return Fixed({"Authorization": f"Basic {pair}"}, scheme="Basic")
        case "api_key":
            return _api_keys(auth, secret)
        case "oauth2":
            from connectors.plugins.http.oauth2 import oauth2

            return oauth2(manifest, connection, places, client, now, is_shared=is_shared,
                          others=Fixed(query=secret.pairs(auth.query)))  # fmt: skip
        case "aws_sigv4":
            from connectors.plugins.http.sigv4 import SigV4

            return SigV4(
                access_key=secret.text(connection.parts.get("access_key_id"), "access_key_id"),
                secret_key=secret.text(connection.parts.get("secret_access_key"), "secret_access_key"),
                session_token=connection.parts.get("session_token"),
                service=secret.text(auth.service, "the service"), region=secret.text(auth.region, "the region"),
                now=now,
            )  # fmt: skip
        case "hmac":
            return Signed(auth.format or "generic", auth.header, secret.text(auth.secret, "the secret"), now)


def bearer(token: str, scheme: str = "Bearer") -> Fixed:
    """A token in the header Authorization."""
    return Fixed({"Authorization": f"{scheme} {token}"}, scheme=scheme)


@dataclass(frozen=True, slots=True)
class Signed:
    """An HMAC of the body in a header."""

    form: str
    header: str | None
    secret: str = field(repr=False)
    now: Callable[[], float]

    async def sign(self, request: Built) -> None:
        from uuid import uuid4

        from connectors.http.signing import signature_headers

        made = signature_headers(self.form, self.secret, message_id=f"msg_{uuid4().hex}",
                                 body=request.body.all_bytes(), now_s=self.now())  # fmt: skip
        if self.header is not None and len(made) == 1:
            made = {self.header: next(iter(made.values()))}
        request.headers.update(made)

    async def renew(self, refused: Built, *, is_new: bool) -> bool:
        return False

    def show(self, request: Built) -> None:
        request.headers[self.header or "webhook-signature"] = HIDDEN


@dataclass(frozen=True, slots=True)
class _Secrets:
    """Texts of the connection, as the templates of auth name them."""

    manifest: Manifest
    connection: Connection

    def text(self, template: Any, name: str, *, least: int = 1) -> str:
        value = compiled(template)(Roots(values={"connection": self.connection.parts}))
        text = "" if value is MISSING or value is None else text_of(value).strip()
        if len(text) < least or not all(" " <= each <= "~" for each in text):
            what = "is missing" if len(text) < least else "holds characters that no header can"
            raise ConnectorProblem("IR585", f"credentials of {self.manifest.title}: {name} {what}",
                                   key=("credentials_ref",))  # fmt: skip
        return text

    def pairs(self, template: Any) -> tuple[tuple[str, str], ...]:
        """The texts of an object, with their names."""
        value = compiled(template)(Roots(values={"connection": self.connection.parts}))
        return tuple((name, text_of(each)) for name, each in value.items()) if isinstance(value, Mapping) else ()


def _api_keys(auth: Auth, secret: _Secrets) -> Fixed:
    headers, query = {}, []
    for each in auth.keys:
        value = secret.text(each.value, f"the key for {each.name}")
        if each.place == "header":
            headers[each.name] = value
        else:
            query.append((each.name, value))
    return Fixed(headers, tuple(query))
