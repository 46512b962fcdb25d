"""Values that fit a schema, for the examples of a draft: those that the document shows, else made ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MOST_DEPTH = 6
_TEXTS = {"date": "2026-01-31", "date-time": "2026-01-31T09:30:00Z", "time": "09:30:00", "email": "ada@example.com",
          "uri": "https://example.com/", "url": "https://example.com/", "hostname": "example.com",
          "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "byte": "AAAA", "duration": "P1D",
          "uuid": "3f2c1a9e-5b7d-4c1e-9a45-2f6d8e7b1c30"}  # fmt: skip
_TRIED = ("text", "Text", "1", "10", "123", "1234", "12345", "123456789", "0123456789", "A", "AB", "ABC", "A1", "US",
          "EUR", "en", "en-US", "1.5", "1.0.0", "12:30", "#336699", "text-1", "text_1", "/text", "a/b", "https://example.com/a",
          "+14155550100", "arn:aws:s3:::text", "3f2c1a9e5b7d4c1e9a452f6d8e7b1c30", "0x1f", "true", "*")  # fmt: skip
"""Texts that many patterns mean."""
FILE = {"name": "report.pdf", "mime": "application/pdf", "text": "%PDF-1.7"}
"""As examples write a file."""


def sample(schema: Mapping[str, Any], *, only_required: bool, depth: int = 0) -> Any:
    """A value that the schema describes; of an object all the properties, or only those that it must have."""
    if schema.get("x-file"):
        return dict(FILE)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    if schema.get("anyOf"):
        return sample(schema["anyOf"][0], only_required=only_required, depth=depth)
    kinds = schema.get("type") or []
    kind = kinds if isinstance(kinds, str) else next((each for each in kinds if each != "null"), "null")
    match kind:
        case "object":
            return _object(schema, only_required=only_required, depth=depth)
        case "array":
            count = max(int(schema.get("minItems", 1)), 1) if depth < _MOST_DEPTH else int(schema.get("minItems", 0))
            item = schema.get("items") or {"type": "string"}
            return [sample(item, only_required=only_required, depth=depth + 1) for _ in range(min(count, 3))]
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case "null":
            return None if kinds else "text"
    return _text(schema)


def _object(schema: Mapping[str, Any], *, only_required: bool, depth: int) -> dict[str, Any]:
    required = schema.get("required", [])
    if not schema.get("properties") and schema.get("minProperties"):
        of = schema.get("additionalProperties")
        return {"key": sample(of if isinstance(of, Mapping) else {}, only_required=True, depth=depth + 1)}
    return {
        name: sample(each, only_required=only_required, depth=depth + 1)
        for name, each in schema.get("properties", {}).items()
        if name in required or (not only_required and depth < _MOST_DEPTH)
    }


def _number(schema: Mapping[str, Any]) -> Any:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in schema else None)
    most = schema.get("maximum", schema.get("exclusiveMaximum", 2) - 1 if "exclusiveMaximum" in schema else None)
    found = 1 if least is None else max(least, 1)
    if most is not None and found > most:
        found = most
    step = schema.get("multipleOf")
    return found if not step else max(step, found // step * step)


def _text(schema: Mapping[str, Any]) -> str:
    found = _TEXTS.get(str(schema.get("format")), "text")
    if "pattern" in schema:
        return _matching(str(schema["pattern"]), found, schema)
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    found = found.ljust(min(least, 1000), "x")
    return found[: int(most)] if most is not None and "format" not in schema else found


def _matching(pattern: str, found: str, schema: Mapping[str, Any]) -> str:
    """A text that a pattern takes, of those that many patterns mean; without one that of the format."""
    try:
        wanted = re.compile(pattern)
    except re.error:
        return found
    least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", 10_000))
    tried = [found, *_TRIED, *_TEXTS.values(), *(each * max(least, 1) for each in "1aA")]
    fitting = (each for each in tried if wanted.search(each) and least <= len(each) <= most)
    return next(fitting, found.ljust(min(least, 1000), "x"))
