"""Random documents that the strict schema allows."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from engine.schemas import strict_schema_of_all
from ir.strict_form import is_pairs

SCHEMA = strict_schema_of_all()
TEXTS = ("a", "b", "id", "amount", "data", "env:KEY", "UTC", "sum(a)", "a > 1", "2026-01-31", "{{inputs.x}}", "é")


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema without a reference in front of it."""
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def instance(rng: random.Random, schema: Mapping[str, Any] = SCHEMA) -> Any:
    """A random value that the schema allows, mostly null where it may be."""
    schema = resolved(schema)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    options = schema.get("anyOf") or [{**schema, "type": kind} for kind in kinds]
    nulls = [each for each in options if each.get("type") == "null"]
    if nulls and (len(options) == len(nulls) or rng.random() < 0.7):
        return None
    chosen = resolved(rng.choice([each for each in options if each not in nulls]))
    if "anyOf" in chosen:
        return instance(rng, chosen)
    if "enum" in chosen:
        return rng.choice(chosen["enum"])
    match chosen["type"]:
        case "object":
            return {key: instance(rng, each) for key, each in chosen["properties"].items()}
        case "array":
            made = [instance(rng, chosen["items"]) for _ in range(rng.randint(1, 2))]
            return list({each["name"]: each for each in made}.values()) if is_pairs(chosen) else made
        case "boolean":
            return rng.random() < 0.5
        case "integer":
            return rng.randint(0, 12)
        case "number":
            return rng.choice([0, 1, 2.5, -3])
        case "null":
            return None
    return rng.choice(TEXTS)
