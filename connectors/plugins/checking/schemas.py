"""JSON Schemas of a manifest: they are ones, describe each parameter, and hold no word that means nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.plugins.json_schemas import checker
from ir.diagnostics import Pointer, Problems, did_you_mean

KEYWORDS = frozenset({
    "type", "title", "description", "default", "properties", "required", "items", "enum", "const", "format",
    "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems",
    "maxItems", "uniqueItems", "minProperties", "maxProperties", "contains", "additionalProperties",
    "unevaluatedProperties", "patternProperties", "propertyNames", "anyOf", "oneOf", "allOf", "not", "if", "then",
    "else", "dependentRequired", "dependentSchemas", "$ref", "$defs", "examples", "prefixItems", "multipleOf",
    "writeOnly", "readOnly", "deprecated",
})  # fmt: skip
_NAMED = ("properties", "$defs", "patternProperties", "dependentSchemas")
_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")


def check_schema(schema: dict[str, Any], at: Pointer, problems: Problems, *, is_described: bool = False) -> None:
    """Report what is wrong with a schema that stands at a place."""
    try:
        checker(schema)
    except ValueError as error:
        problems.error("IR695", f"this is no JSON Schema: {str(error)[:200]}", at=at)
    for place in _strange(schema, at):
        # in a flow mapping a comma ends a text, and the rest of the sentence is a key
        problems.error("IR695", f'"{place[-1]}" is no word of a JSON Schema', at=place, on_key=True,
                       hint=did_you_mean(str(place[-1]), KEYWORDS) or "a text with a comma stands in quotes",
                       )  # fmt: skip
    properties = schema.get("properties", {})
    for each in schema.get("required", []):
        if each not in properties:
            problems.error("IR695", f'"{each}" is required and not among the properties', at=(*at, "required"))
    for name, each in properties.items() if is_described else ():
        if not isinstance(each, Mapping) or not each.get("description"):
            problems.warning("IR695", f'"{name}" has no description', at=(*at, "properties", name), on_key=True)


def _strange(schema: Any, at: Pointer) -> Iterator[Pointer]:
    if not isinstance(schema, Mapping):
        return
    yield from ((*at, key) for key in schema if key not in KEYWORDS and not key.startswith("x-"))
    for key in _NAMED:
        for name, each in schema.get(key, {}).items():
            yield from _strange(each, (*at, key, name))
    for key in _SINGLE:
        yield from _strange(schema.get(key), (*at, key))
    for key in _LISTED:
        for index, each in enumerate(schema.get(key, [])):
            yield from _strange(each, (*at, key, index))
