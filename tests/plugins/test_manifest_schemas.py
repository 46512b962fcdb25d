"""The JSON Schemas of every manifest hold what a JSON Schema knows, and a sentence for each parameter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.plugins.registry import find_plugin

SHIPPED = sorted((Path(__file__).parents[2] / "connectors" / "plugins" / "manifests").glob("*.yaml"))
KNOWN = frozenset(
    [
        "type",
        "title",
        "description",
        "default",
        "properties",
        "required",
        "items",
        "enum",
        "const",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "contains",
        "additionalProperties",
        "unevaluatedProperties",
        "patternProperties",
        "propertyNames",
        "anyOf",
        "oneOf",
        "allOf",
        "not",
        "if",
        "then",
        "else",
        "dependentRequired",
        "dependentSchemas",
        "$ref",
        "$defs",
        "examples",
        "prefixItems",
        "multipleOf",
        "writeOnly",
        "readOnly",
        "deprecated",
    ]
)


def unknown(schema: Any, at: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    yield from (f"{at}: {key}" for key in schema if key not in KNOWN and not key.startswith("x-"))
    for key in ("properties", "$defs", "patternProperties", "dependentSchemas"):
        for name, each in schema.get(key, {}).items():
            yield from unknown(each, f"{at}.{name}")
    for key in ("items", "additionalProperties", "not", "if", "then", "else"):
        yield from unknown(schema.get(key), f"{at}.{key}")
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, []):
            yield from unknown(each, f"{at}.{key}")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_schemas_hold_no_word_that_means_nothing_such_as_half_a_sentence(path: Path) -> None:
    manifest = find_plugin(path.stem.partition("@")[0]).manifest
    found = list(unknown(manifest.connection, "connection"))
    for name, action in manifest.actions.items():
        found += [*unknown(action.parameters, name), *unknown(action.output_schema, f"{name}.output_schema")]
    assert found == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_parameter_says_in_a_sentence_what_it_is(path: Path) -> None:
    manifest = find_plugin(path.stem.partition("@")[0]).manifest
    missing = [
        f"{name}.{parameter}"
        for name, action in manifest.actions.items()
        for parameter, schema in action.parameters.get("properties", {}).items()
        if not str(schema.get("description", "")).rstrip().endswith(".")
    ]
    assert missing == []
