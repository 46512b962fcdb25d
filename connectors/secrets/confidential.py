"""What of a secret's value must not be read: all of a token, the password of a URL, the parts of an object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_PUBLIC = frozenset({
    "account", "account_id", "audience", "bucket", "catalog", "charset", "client_auth", "client_email", "client_id",
    "container", "database",
    "dbname", "driver", "encoding", "encryption", "endpoint", "endpoint_url", "engine", "folder",
    "from", "host", "hostname", "kind", "path",
    "plugin_key", "port", "profile", "project", "project_id", "region", "region_name", "reply_to", "role", "schema",
    "scheme", "scope",
    "server", "sslmode", "tenant", "timezone", "type", "user", "username", "warehouse", "zone",
})  # fmt: skip
"""Parts of a credential that people may see: where it leads and who asks, not what opens it."""
_URLS = frozenset({"url", "uri", "dsn"})
_TELLING = re.compile(r"pass|pwd|secret|token|key|pin\b|signature|\bsig\b|auth|credential", re.IGNORECASE)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LONG_PATH = 12


def confidential_texts(text: str) -> Iterator[str]:
    """The texts to hide: the whole value, and what is secret in it by itself."""
    yield text
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict | list):
        public = _public(value)
        yield from (each for each in _in_value(value) if each.lower() not in public)
    elif _URL.match(text.strip()):
        yield from _in_url(text.strip())


def _public(value: Any) -> set[str]:
    """The texts of an object's public parts: a password that is the user's name would hide that everywhere, too."""
    if isinstance(value, dict):
        return {each for key, part in value.items() for each in (
            {part.lower()} if isinstance(part, str) and str(key).lower() in _PUBLIC else _public(part))}  # fmt: skip
    return {each for part in value for each in _public(part)} if isinstance(value, list) else set()


def _in_value(value: Any, key: str = "") -> Iterator[str]:
    """The leaves of an object but for its public parts; of numbers only those whose key tells a secret."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _in_value(each, str(name).lower())
    elif isinstance(value, list):
        for each in value:
            yield from _in_value(each, key)
    elif isinstance(value, str):
        if _URL.match(value):
            # a public part such as an endpoint stays readable but for what is secret in it
            yield from ([value] if key in _URLS else [])
            yield from _in_url(value)
        elif key not in _PUBLIC:
            yield value
    elif isinstance(value, int | float) and not isinstance(value, bool) and _TELLING.search(key):
        yield str(value)


def _shown_parts(parts: SplitResult) -> set[str]:
    """What of a database's address people see: postgres:postgres@localhost/postgres is known to everybody."""
    shown = (parts.scheme, parts.username, parts.hostname, parts.path.strip("/"))
    return {unquote(each) for each in shown if each} | {"postgres", "mysql", "mariadb", "mongodb", "sqlite", "supabase"}


def _in_url(url: str) -> Iterator[str]:
    """The password, values that a query names like secrets, and of a web address a long path, as of webhooks."""
    try:
        parts = urlsplit(url)
        password, user = parts.password, parts.username
    except ValueError:
        return
    is_web = parts.scheme.lower() in {"http", "https"}
    if password is not None and not is_web and unquote(password) in _shown_parts(parts):
        password = None  # what is shown anyway tells nobody that it is the password too
    for written in (password, user if is_web and password is None else None):
        if written:
            yield written
            yield unquote(written)
    for key, value in parse_qsl(parts.query):
        if is_web or _TELLING.search(key):
            yield value
    if is_web and len(parts.path) >= _LONG_PATH:
        yield parts.path
