"""What a body says, once it is known who sent it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from connectors.webhooks.payload import one_line, read_payload
from engine.service.webhooks.refusing import Turned
from engine.service.webhooks.signatures import Headers

_MOST_FIELDS = 1000
_FORM = b"application/x-www-form-urlencoded"


def decoded(body: bytes, headers: Headers) -> tuple[Any, bytes]:
    """The payload, and its JSON text on one line: as it came, digit by digit, but for its line breaks.

    A form is the object of its fields, or what its field `payload` holds, as GitHub and Slack send it. What looks like
    JSON is JSON, since programs that are told no type say that it is a form.

    Raises:
        Turned: 400 for a body that is neither, 415 for one that is packed (Content-Encoding, RFC 9110 section 8.4):
            how large it is would be known too late.
    """
    packed = headers.get(b"content-encoding", b"").strip().lower()
    if packed not in (b"", b"identity"):
        raise Turned(
            415, "the body is packed; send it without Content-Encoding", headers={"accept-encoding": "identity"}
        )
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    try:
        text = _form(body) if kind == _FORM and body.lstrip()[:1] not in (b"{", b"[") else body
        return read_payload(text), one_line(text)
    except ValueError as error:
        raise Turned(400, f"the body is no JSON: {error}") from None


def _form(body: bytes) -> bytes:
    fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    if set(fields) == {"payload"} and len(fields["payload"]) == 1:
        return fields["payload"][0].encode()
    return json.dumps({name: found[0] if len(found) == 1 else found for name, found in fields.items()}).encode()
