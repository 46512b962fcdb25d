"""Which event a request is: its type, and the id by which a repeated delivery is known."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from itertools import count
from typing import Any

from engine.service.webhooks.refusing import Turned
from engine.service.webhooks.signatures import Headers
from ir.model.webhooks import WebhookConfig
from ir.templates import Unresolved, parse_template, render

_TYPE_HEADER: Mapping[str, bytes] = {"github": b"x-github-event"}
_ID_HEADER: Mapping[str, bytes] = {"github": b"x-github-delivery", "standard-webhooks": b"webhook-id"}
_ID_FIELD: Mapping[str, str] = {"stripe": "id", "slack": "event_id"}
_PLAIN = re.compile(r"[!-~]{1,200}")
_MOST_TYPE = 200
_PROCESS = f"weirflow:{secrets.token_hex(12)}:"
_COUNT = count(1)
"""Ids of this process: no other has them, and to ask for chance each time would let other threads come between."""


def vendor_of(config: WebhookConfig) -> str:
    """Whose requests these are; generic where they are not signed."""
    return config.validation.signature_format if config.validation.method == "hmac-sha256" else "generic"


def event_type(config: WebhookConfig, payload: Any, headers: Headers) -> str | None:
    """The type of an event: what event_path leads to, or where its vendor writes it, or `type` of the payload."""
    if config.event_path is not None:
        return _text(_at(payload, config.event_reference))
    vendor = vendor_of(config)
    if vendor in _TYPE_HEADER:
        return headers.get(_TYPE_HEADER[vendor], b"").decode("latin-1")[:_MOST_TYPE] or None
    if not isinstance(payload, dict):
        return None
    if vendor == "slack" and payload.get("type") == "event_callback" and isinstance(payload.get("event"), dict):
        return _text(payload["event"].get("type"))
    return _text(payload.get("type"))


def event_id(config: WebhookConfig, payload: Any, headers: Headers) -> str:
    """The id of an event; a new one where its sender gives it none.

    Raises:
        Turned: 400 where the header is missing that tells one from another.
    """
    vendor = vendor_of(config)
    header = config.idempotency_header.lower().encode() if config.idempotency_header else _ID_HEADER.get(vendor)
    if vendor == "standard-webhooks" and not config.idempotency_header and config.validation.signature_header:
        header = config.validation.signature_header.lower().encode().removesuffix(b"signature") + b"id"
    if header is not None:
        written = headers.get(header, b"").decode("latin-1").strip()
        if not written and config.idempotency_header:
            raise Turned(400, f"the header {config.idempotency_header} is missing, which tells a repeated request")
    else:
        written = ""
        if vendor in _ID_FIELD and isinstance(payload, dict):
            written = _whole_text(payload.get(_ID_FIELD[vendor])) or ""
    if not written:
        return f"{_PROCESS}{next(_COUNT):x}"
    return written if _PLAIN.fullmatch(written) else f"sha256:{hashlib.sha256(_bytes(written)).hexdigest()}"


def _at(payload: Any, reference: str) -> Any:
    try:
        return render(parse_template(reference), {"payload": payload})
    except Unresolved:
        return None


def _text(value: Any) -> str | None:
    found = _whole_text(value)
    return None if found is None else found[:_MOST_TYPE]


def _whole_text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
