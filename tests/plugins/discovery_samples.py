"""Answers that Google's documents allow, made from nothing but their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXTS: Mapping[str, Any] = {
    "int64": "1793520000000",
    "uint64": "17",
    "byte": "UGxlYXNlIGZpbmQ=",
    "date": "2026-11-01",
    "date-time": "2026-11-01T08:00:00.000Z",
    "google-datetime": "2026-11-01T08:00:00Z",
    "google-fieldmask": "name",
}


def sample(found: Mapping[str, Any], schemas: Mapping[str, Any], *, depth: int = 3) -> Any:
    """A value with everything that the schema names, to a depth of so many objects in objects."""
    if "$ref" in found:
        return sample({**schemas[found["$ref"]], "_name": found["$ref"]}, schemas, depth=depth)
    match found["type"]:
        case "object":
            return _object(found, schemas, depth)
        case "array":
            return [sample(found["items"], schemas, depth=depth)] if depth else []
        case "string":
            return found["enum"][-1] if "enum" in found else _TEXTS.get(found.get("format", ""), "some text")
        case "integer":
            return 17
        case "number":
            return 17.5
        case "boolean":
            return True
    return "anything"


def _object(found: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if not depth:
        return {}
    made = {
        key: sample(each, schemas, depth=depth - 1)
        for key, each in found.get("properties", {}).items()
        if not each.get("deprecated")
    }
    if "additionalProperties" in found:
        made["a_key"] = sample(found["additionalProperties"], schemas, depth=depth - 1)
    return made
