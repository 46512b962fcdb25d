"""What a body says, once it is known who sent it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

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
        text = _form(body) if kind == _FORM else body.decode("utf-8-sig")
        payload = _JSON.decode(text)
        line = text.replace("\r", " ").replace("\n", " ").encode()
    except (ValueError, RecursionError) as error:
        told = error.msg if isinstance(error, json.JSONDecodeError) else _KINDS.get(type(error), "it is no JSON")
        raise Turned(400, f"the body is no JSON: {told[:1].lower() + told[1:]}") from None
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


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


_JSON = json.JSONDecoder(parse_constant=_no_number)
_KINDS = {UnicodeDecodeError: "it is not UTF-8", UnicodeEncodeError: "half a surrogate pair stands in it",
          RecursionError: "it is nested too deeply"}  # fmt: skip
