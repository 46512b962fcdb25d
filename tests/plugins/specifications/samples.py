"""Answers that a specification allows, made from nothing but its schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

How = Literal["everything", "nulls", "only what has to be there"]
_TEXTS: Mapping[str, Any] = {
    "date": "2026-11-01",
    "date-time": "2026-11-01T08:00:00.000Z",
    "uri": "https://example.com/a",
    "byte": "UGxlYXNlIGZpbmQ=",
}


def sample(schema: Mapping[str, Any], how: How, *, depth: int = 6) -> Any:
    """A value of a schema without references, to a depth of so many objects in objects."""
    if "const" in schema or not schema:
        return schema.get("const")
    if "enum" in schema:
        return None if how == "nulls" and None in schema["enum"] else schema["enum"][0]
    forms = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if forms and "properties" not in schema:
        is_null = [each for each in forms if each.get("type") == "null"]
        return None if how == "nulls" and is_null else sample(
            next((each for each in forms if each.get("type") != "null"), {}), how, depth=depth)  # fmt: skip
    if "allOf" in schema:
        return _whole(schema, how, depth)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if how == "nulls" and "null" in kinds:
        return None
    match next((each for each in kinds if each != "null"), "object" if "properties" in schema else "any"):
        case "object":
            return _object(schema, how, depth)
        case "array":
            items = schema.get("items")
            return (
                [sample(items, how, depth=depth - 1)] if items and depth and how != "only what has to be there" else []
            )
        case "string":
            return _TEXTS.get(schema.get("format", ""), "some text")
        case "integer":
            return 17
        case "number":
            return 17  # also where the document only knows numbers and means whole ones
        case "boolean":
            return True
    return None if kinds == ["null"] else "anything"


def _object(schema: Mapping[str, Any], how: How, depth: int) -> dict[str, Any]:
    wanted = (
        schema.get("required", ()) if how == "only what has to be there" or not depth else schema.get("properties", ())
    )
    made = {name: sample(schema.get("properties", {}).get(name, {}), how, depth=depth - 1) for name in wanted}
    if isinstance(schema.get("additionalProperties"), Mapping) and how == "everything":
        made["a_key"] = sample(schema["additionalProperties"], how, depth=depth - 1)
    return made


def _whole(schema: Mapping[str, Any], how: How, depth: int) -> Any:
    """What is composed of several forms: an object of all their properties, or the value of the only one."""
    made: dict[str, Any] = {}
    own = {key: value for key, value in schema.items() if key != "allOf"}
    for each in (*schema["allOf"], *([own] if own else [])):
        found = sample(each, how, depth=depth)
        if isinstance(found, dict):
            made.update(found)
        elif found is None and how == "nulls":
            return None
    return made
