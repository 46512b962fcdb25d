"""From which server and address mail is sent: what a credential says, taken apart."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.problem import ConnectorProblem
from connectors.secrets.secret import Secret
from ir.addresses import MailAddress, NoAddress, read_address
from ir.diagnostics import did_you_mean
from ir.records import dataclass

Encryption = Literal["tls", "starttls", "none"]
_ENCRYPTIONS: tuple[Encryption, ...] = ("tls", "starttls", "none")
_PORTS: Mapping[Encryption, int] = {"tls": 465, "starttls": 587, "none": 25}
_OTHER_NAMES = {"username": "user", "sender": "from", "ca": "ca_file", "timeout": "timeout_s", "tls": "encryption"}
PARTS = (
    "url", "host", "port", "user", "password", "from", "reply_to", "encryption", "ca_file", "hello_name", "timeout_s",
    "max_bytes",
)  # fmt: skip
_MEGABYTE = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAccount:
    """One account of a mail server. The password does not show in a repr."""

    host: str
    port: int
    encryption: Encryption
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: MailAddress | None = None
    reply_to: MailAddress | None = None
    ca_file: str | None = None
    """Certificates that are trusted instead of the machine's own."""
    hello_name: str | None = None
    """What the client calls itself; by default its address."""
    timeout_s: float = 60.0
    max_bytes: int = 25 * _MEGABYTE
    """A larger message is refused before it is sent; 25 MB is what most providers take."""
    warnings: tuple[ConnectorProblem, ...] = field(default=(), repr=False, compare=False)

    @property
    def shown(self) -> str:
        """Which server it is, for people."""
        return f"{self.host}:{self.port}"

    @property
    def identity(self) -> str:
        """The same text for the same server and user; a hash stands for the user."""
        user = hashlib.sha256((self.user or "").encode()).hexdigest()[:12]
        return f"smtp://{user}@{self.host}:{self.port}"


def mail_account(secret: Secret) -> MailAccount:
    """The account of a credential: a URL smtps:// or smtp://, or a JSON object of its parts.

    Raises:
        ConnectorProblem: IR681; the credential is never quoted.
    """
    what, parts = f"the secret {secret.reference}", secret.parts()
    if parts is None and secret.text.lstrip().startswith("{"):
        raise wrong_account(what, "is no JSON object, though it begins as one", "look at its quotes, commas and braces")
    found = account_of_parts({"url": secret.text.strip()} if parts is None else parts, what)
    return replace(found, warnings=secret.warnings)


def account_of_parts(written: Mapping[str, Any], what: str) -> MailAccount:
    """The account that parts by name make; those of a `url` come first and may be overruled by others."""
    parts: dict[str, Any] = {}
    for key, value in written.items():
        name = _OTHER_NAMES.get(str(key), str(key))
        if name not in PARTS:
            raise wrong_account(what, f'has the unknown part "{key}"',
                                did_you_mean(str(key), PARTS) or f"the parts are {', '.join(PARTS)}")  # fmt: skip
        if value is not None and value != "":
            parts[name] = value
    if "url" in parts:
        parts = {**_of_url(str(parts.pop("url")), what), **parts}
    host = str(parts.get("host") or "")
    if not host:
        raise wrong_account(what, "names no host", "write smtps://user:password@smtp.example.com")
    encryption = _encryption(parts, host, what)
    return MailAccount(
        host=host, port=_port(parts.get("port"), encryption, what), encryption=encryption,
        user=_text(parts, "user"), password=_text(parts, "password"),
        sender=_address(parts, "from", what), reply_to=_address(parts, "reply_to", what),
        ca_file=_text(parts, "ca_file"), hello_name=_text(parts, "hello_name"),
        timeout_s=_number(parts, "timeout_s", 60.0, what),
        max_bytes=int(_number(parts, "max_bytes", 25 * _MEGABYTE, what)),
    )  # fmt: skip


def wrong_account(what: str, message: str, hint: str) -> ConnectorProblem:
    return ConnectorProblem("IR681", f"{what} {message}", key=("credentials_ref",), hint=hint)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _of_url(url: str, what: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong_account(what, "is no URL", "special characters of a password are written %40 and so on") from None
    scheme = parts.scheme.lower()
    if scheme not in {"smtp", "smtps"}:
        raise wrong_account(what, "is no URL of a mail server",
                            "write smtps://user:password@smtp.example.com?from=reports@example.com")  # fmt: skip
    if parts.path not in {"", "/"}:
        raise wrong_account(what, "has a path, which no mail server has",
                            "special characters of a password are written %2F and so on")  # fmt: skip
    found: dict[str, Any] = {
        "host": parts.hostname, "port": port, "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""), "encryption": "tls" if scheme == "smtps" else None,
    }  # fmt: skip
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        name = _OTHER_NAMES.get(key, key)
        if name not in PARTS or name in {"url", "host", "port", "user", "password"}:
            known = [each for each in PARTS if each not in {"url", "host", "port", "user", "password"}]
            raise wrong_account(what, f'has the unknown parameter "{key}"',
                                did_you_mean(key, known) or f"the parameters are {', '.join(known)}")  # fmt: skip
        found[name] = value
    return {key: value for key, value in found.items() if value}


def _encryption(parts: Mapping[str, Any], host: str, what: str) -> Encryption:
    """As written; else TLS from the start at port 465, none to a server of this machine, and STARTTLS."""
    written = parts.get("encryption")
    if written is not None:
        for each in _ENCRYPTIONS:
            if str(written).lower() == each:
                return each
        raise wrong_account(what, "has an encryption that there is not", f"it is one of {', '.join(_ENCRYPTIONS)}")
    if str(parts.get("port")) == "465":
        return "tls"
    return "none" if is_loopback(host) and not parts.get("user") else "starttls"


def _port(written: Any, encryption: Encryption, what: str) -> int:
    try:
        port = _PORTS[encryption] if written is None else int(written)
    except (TypeError, ValueError):
        port = 0
    if not 0 < port < 65536:
        raise wrong_account(what, "has a port that is no number of one", "write 465 or 587")
    return port


def _number(parts: Mapping[str, Any], key: str, default: float, what: str) -> float:
    try:
        found = float(parts.get(key, default))
    except (TypeError, ValueError):
        found = 0
    if not 0 < found < float("inf"):
        raise wrong_account(what, f"has a {key} that is no number above 0", f"write {key}={default:g}")
    return found


def _text(parts: Mapping[str, Any], key: str) -> str | None:
    return str(parts[key]) if key in parts else None


def _address(parts: Mapping[str, Any], key: str, what: str) -> MailAddress | None:
    if key not in parts:
        return None
    try:
        return read_address(str(parts[key]))
    except NoAddress as problem:
        raise wrong_account(what, f"has a part {key} that {problem}", f"write {key}=reports@example.com") from None
