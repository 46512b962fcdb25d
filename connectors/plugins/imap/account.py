"""Which mailbox is opened: a URL imaps://user:password@host, or its parts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.records import dataclass

Encryption = Literal["tls", "starttls", "none"]
_ENCRYPTIONS: tuple[Encryption, ...] = ("tls", "starttls", "none")
_PORTS: Mapping[Encryption, int] = {"tls": 993, "starttls": 143, "none": 143}
_PARTS = ("url", "host", "port", "user", "password", "access_token", "encryption", "ca_file", "timeout_s")
_IN_URL = ("encryption", "ca_file", "timeout_s")
_HINT = "write imaps://user:password@imap.example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One account of a mail server. Its secrets do not show in a repr."""

    host: str
    port: int
    encryption: Encryption
    user: str
    password: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    """A token of OAuth, by which some providers let in instead of a password."""
    ca_file: str | None = None
    timeout_s: float = 60.0

    @property
    def shown(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def identity(self) -> str:
        """The same text for the same server and user; a hash stands for the user."""
        return f"imap://{hashlib.sha256(self.user.encode()).hexdigest()[:12]}@{self.shown}"


def mailbox_of(parts: Mapping[str, Any], what: str) -> Mailbox:
    """The mailbox that these parts name; those of a `url` may be overruled by others.

    Raises:
        ConnectorProblem: IR585; no part is quoted.
    """
    found = {str(key): value for key, value in parts.items() if value not in (None, "")}
    for key in found:
        if key not in _PARTS:
            raise _wrong(f'{what} has the unknown part "{key}"',
                         did_you_mean(key, _PARTS) or f"the parts are {', '.join(_PARTS)}")  # fmt: skip
    if "url" in found:
        found = {**_of_url(str(found.pop("url")), what), **found}
    for key in ("host", "user"):
        if key not in found:
            raise _wrong(f"{what} names no {key}", _HINT)
    if ("password" in found) == ("access_token" in found):
        raise _wrong(f"{what} has to have either a password or an access_token", _HINT)
    encryption = str(found.get("encryption", "starttls" if str(found.get("port")) == "143" else "tls")).lower()
    if encryption not in _ENCRYPTIONS:
        raise _wrong(f"{what} has an encryption that there is not", f"it is one of {', '.join(_ENCRYPTIONS)}")
    try:
        port, timeout_s = int(found.get("port", _PORTS[encryption])), float(found.get("timeout_s", 60))
    except ValueError:
        raise _wrong(f"{what} has a port or a timeout_s that is no number", _HINT) from None
    return Mailbox(
        host=str(found["host"]), port=port, encryption=encryption, user=str(found["user"]), timeout_s=timeout_s,
        password=_text(found, "password"), access_token=_text(found, "access_token"), ca_file=_text(found, "ca_file"),
    )  # fmt: skip


def _of_url(url: str, what: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong(f"{what} is no URL", "special characters of a password are written %40 and so on") from None
    if parts.scheme not in {"imap", "imaps"}:
        raise _wrong(f"{what} is no URL of a mailbox", _HINT)
    found: dict[str, Any] = {
        "host": parts.hostname, "port": port, "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""), "encryption": "tls" if parts.scheme == "imaps" else "starttls",
    }  # fmt: skip
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key not in _IN_URL:
            raise _wrong(f'{what} has the unknown parameter "{key}"', f"the parameters are {', '.join(_IN_URL)}")
        found[key] = value
    return {key: value for key, value in found.items() if value}


def _text(parts: Mapping[str, Any], key: str) -> str | None:
    return str(parts[key]) if key in parts else None


def _wrong(message: str, hint: str) -> ConnectorProblem:
    return ConnectorProblem("IR585", message, key=("credentials_ref",), hint=hint)
