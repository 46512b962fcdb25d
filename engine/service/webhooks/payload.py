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

    A form is the object of its fields, or what its field `payload` holds, as GitHub and Slack send it.

    Raises:
        Turned: 400 for a body that is neither JSON nor a form; 422 for one that no row can be made of.
    """
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    try:
        is_form = kind == _FORM and body.lstrip()[:1] not in {b"{", b"["}  # curl calls every body a form
        line = one_line(_form(body).encode() if is_form else body)
        payload = read_payload(line)
    except ValueError as error:
        told = _KINDS.get(type(error), str(error))
        raise Turned(400, f"the body is no JSON: {told}") from None
    if not isinstance(payload, dict | list) or (
        isinstance(payload, list) and not all(isinstance(each, dict) for each in payload)
    ):
        raise Turned(422, "a payload is an object, or a list of objects")
    return payload, line


def _form(body: bytes) -> str:
    fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    if set(fields) == {"payload"} and len(fields["payload"]) == 1:
        return fields["payload"][0]
    return json.dumps({name: found[0] if len(found) == 1 else found for name, found in fields.items()})


_KINDS = {UnicodeDecodeError: "it is not UTF-8", UnicodeEncodeError: "half a surrogate pair stands in it"}
