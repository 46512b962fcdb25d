"""Bodies of requests, read as the service would read them."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qsl


def form_value(body: bytes, schema: Mapping[str, Any]) -> Any:
    """A form's names and values, each of the type that the schema wants where its text is one.

    Names such as a[b][0] are keys of objects and elements of lists.
    """
    found: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body)):
        first, *inner = re.findall(r"[^\[\]]+", name)
        place: Any = found
        for key, after in zip([first, *inner], [*inner, "[]" if name.endswith("[]") else None], strict=True):
            if after is None and key in place:
                place[key] = [*(place[key] if isinstance(place[key], list) else [place[key]]), value]
            elif after is None:
                place[key] = value
            elif after == "[]":
                place.setdefault(key, []).append(value)
            else:
                place = place.setdefault(key, {})
    return _typed_form(found, schema)


def _typed_form(value: Any, schema: Mapping[str, Any]) -> Any:
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if (found := _typed_form(value, each)) != value:
            return found
    if isinstance(value, dict):
        if "array" in schema.get("type", ()) and all(key.isdecimal() for key in value):
            return [_typed_form(each, schema.get("items", {})) for each in value.values()]
        more = schema.get("additionalProperties")
        return {key: _typed_form(each, schema.get("properties", {}).get(key, more if isinstance(more, dict) else {}))
                for key, each in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [_typed_form(each, schema.get("items", {})) for each in value]
    if "array" in schema.get("type", ()):
        return [_typed_form(value, schema.get("items", {}))]
    return typed(value, schema)


def typed(text: str, schema: Mapping[str, Any]) -> Any:
    """A text of an address or a form as the value that it is meant to be."""
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if (found := typed(text, each)) != text:
            return found
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "boolean" in kinds and text in {"true", "false"}:
        return text == "true"
    for kind, converted in (("integer", int), ("number", float)):
        if kind in kinds:
            try:
                return converted(text)
            except ValueError:
                continue
    if "array" in kinds:
        return [typed(each, schema.get("items", {})) for each in text.split(",")]
    return text


def parts(content_type: str, body: bytes) -> list[tuple[str, EmailMessage]]:
    """The parts of a multipart/form-data body by their names."""
    whole = b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    message = email.message_from_bytes(whole, policy=email.policy.HTTP)
    assert isinstance(message, EmailMessage)
    found = []
    for each in message.iter_parts():
        assert isinstance(each, EmailMessage)
        assert each.get_content_disposition() == "form-data", each["Content-Disposition"]
        found.append((str(each.get_param("name", header="content-disposition")), each))
    return found


def part_names(content_type: str, body: bytes) -> list[str]:
    """The names of the parts of a multipart/form-data body."""
    return [name for name, _ in parts(content_type, body)]
