"""The schema for language models that answer by a schema: every key required, nothing open, no recursion.

Absent is null, and a mapping with free keys is a list of {name, value}. `ir.strict_form` turns a workflow into this
form; a document in it is read like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ir.dialects.strict import MARK
from ir.model.workflow import Workflow

_LEFT_OUT = frozenset({
    "Action", "OriginalCondition", "FileOperation", "Enrichment", "RateLimiting", "MessageContent",
    "AggregateSpelling", "WorkflowTest",
})  # fmt: skip
"""The original's spellings, which say what others say, and tests, which are not for a model to write."""
_DESCRIBED = frozenset({"OutputField", "OutputSchema", "OutputItems", "RuntimeInput", "PluginOperation"})
"""Objects whose `description` is read by somebody: the model that answers, or the person who starts the run."""
_TWICE = frozenset({("ElifBranch", "actions"), ("FileConfig", "tab")})
"""Keys that say what another key says."""
_KEPT = ("type", "enum", "const", "description")
_LEVELS = 3
"""How deep groups of conditions, and values of free shape, may nest: without recursion the depth is known."""


def strict_schema(*, transforms: Mapping[str, type[BaseModel]], formats: Sequence[str] = ()) -> dict[str, Any]:
    """The strict schema; `transforms` {type: model of its config}, `formats` the files' formats."""
    models: list[type[BaseModel]] = [Workflow, *dict.fromkeys(transforms.values())]
    named, document = models_json_schema([(each, "serialization") for each in models], ref_template="#/$defs/{model}")
    names = {each: named[(each, "serialization")]["$ref"].rpartition("/")[2] for each in models}
    written: dict[str, Any] = document["$defs"]
    found: dict[str, Any] = {}
    for name, each in written.items():
        if name not in _LEFT_OUT and name != "Transform":
            found[name] = _object(each, name)
    found["Transform"] = {
        "anyOf": [_transform(written["Transform"], kind, names[model]) for kind, model in transforms.items()]
    }
    for level in range(_LEVELS):
        found[_level("Value", level)] = _value(level)
        found[_level("FilterGroup", level)] = _group(found["FilterGroup"], level)
    for each in ("FileConfig", "FileDelivery"):
        if formats:
            _set_formats(found[each]["properties"]["format"], formats)
    root = found.pop(names[Workflow])
    root["properties"]["ir_version"] = {"type": "string", "enum": ["3.1"]}
    mark = {"type": "string", "enum": ["strict"], "description": "Tells that mappings are lists of {name, value}."}
    root["properties"] = {MARK: mark, **root["properties"]}
    root["required"] = list(root["properties"])
    return {**root, "$defs": _used(root, found)}


def _object(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    if schema.get("additionalProperties") is True:  # its other keys are whatever an action takes
        described = {"description": schema["description"]} if "description" in schema else {}
        return {**described, **_pairs({"$ref": "#/$defs/Value"})}
    required = schema.get("required", ())
    properties: dict[str, Any] = {}
    for key, each in schema.get("properties", {}).items():
        if (key == "description" and name not in _DESCRIBED) or (name, key) in _TWICE:
            continue
        inner = _strict(each)
        if inner is None:
            continue
        properties[key] = inner if key in required else _or_null(inner)
    made = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {"description": schema["description"], **made} if "description" in schema else made


def _strict(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The schema of a value in the strict form; None for what only the original's spellings allow."""
    described = {"description": schema["description"]} if "description" in schema else {}
    if "$ref" in schema:
        return None if schema["$ref"].rpartition("/")[2] in _LEFT_OUT else {"$ref": schema["$ref"]}
    for key in ("anyOf", "oneOf"):
        if key in schema:
            options = [inner for each in schema[key] if (inner := _strict(each)) is not None]
            if not [each for each in options if each != {"type": "null"}]:
                return None
            return {**described, **options[0]} if len(options) == 1 else {**described, "anyOf": options}
    if schema.get("type") == "object":
        inside = schema.get("additionalProperties")
        value = _strict(inside) if isinstance(inside, Mapping) else None
        return {**described, **_pairs(value or {"$ref": "#/$defs/Value"})}
    if schema.get("type") == "array":
        items = _strict(schema.get("items", {}))
        return None if items is None else {**described, "type": "array", "items": items}
    if not any(key in schema for key in ("type", "enum", "const")):
        return {**described, "$ref": "#/$defs/Value"} if not described else {
            **described, "anyOf": [{"$ref": "#/$defs/Value"}]
        }  # fmt: skip
    kept = {key: schema[key] for key in _KEPT if key in schema}
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    return kept


def _pairs(value: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with free keys."""
    properties = {"name": {"type": "string"}, "value": value}
    pair = {"type": "object", "properties": properties, "required": ["name", "value"], "additionalProperties": False}
    return {"type": "array", "items": pair, "minItems": 1}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    options = schema["anyOf"] if "anyOf" in schema else [{k: v for k, v in schema.items() if k != "description"}]
    if {"type": "null"} in options or any(each.get("$ref", "").startswith("#/$defs/Value") for each in options):
        return schema
    described = {"description": schema["description"]} if "description" in schema else {}
    if len(options) == 1 and isinstance(options[0].get("type"), str) and "enum" not in options[0]:
        return {**described, **options[0], "type": [options[0]["type"], "null"]}
    return {**described, "anyOf": [*options, {"type": "null"}]}


def _transform(schema: Mapping[str, Any], kind: str, config: str) -> dict[str, Any]:
    made = _object(schema, "Transform")
    made.pop("description", None)
    properties = {"type": {"type": "string", "enum": [kind]}, "config": {"$ref": f"#/$defs/{config}"}}
    made["properties"] = {**properties, **{k: v for k, v in made["properties"].items() if k not in properties}}
    made["required"] = list(made["properties"])
    return made


def _level(name: str, level: int) -> str:
    return name if level == 0 else f"{name}{level + 1}"


def _value(level: int) -> dict[str, Any]:
    """Any value: a scalar, a list or a mapping of further ones, down to the last level."""
    scalars = [{"type": kind} for kind in ("string", "number", "boolean", "null")]
    if level == _LEVELS - 1:
        return {"anyOf": [*scalars, {"type": "array", "items": {"anyOf": scalars}}]}
    inner = {"$ref": f"#/$defs/{_level('Value', level + 1)}"}
    return {"anyOf": [*scalars, _pairs(inner), {"type": "array", "items": inner}]}


def _group(schema: Mapping[str, Any], level: int) -> dict[str, Any]:
    properties = dict(schema["properties"])
    del properties["groups"]
    if level < _LEVELS - 1:
        properties["groups"] = {"type": ["array", "null"],
                                "items": {"$ref": f"#/$defs/{_level('FilterGroup', level + 1)}"}}  # fmt: skip
    return {**schema, "properties": properties, "required": list(properties)}


def _set_formats(schema: dict[str, Any], formats: Sequence[str]) -> None:
    is_optional = {"type": "null"} in schema.get("anyOf", ()) or "null" in schema.get("type", ())
    described = schema.pop("description", None)
    schema.clear()
    words = {"type": "string", "enum": list(formats)}
    schema |= {"anyOf": [words, {"type": "null"}]} if is_optional else words
    if described:
        schema["description"] = described


def _used(root: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions that are reached from the root, by name."""
    waiting, seen = [root], set[str]()
    while waiting:
        for name in _references(waiting.pop()):
            if name not in seen:
                seen.add(name)
                waiting.append(definitions[name])
    return {name: definitions[name] for name in sorted(seen)}


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for each in schema for name in _references(each)]
    if not isinstance(schema, Mapping):
        return []
    own = [schema["$ref"].rpartition("/")[2]] if isinstance(schema.get("$ref"), str) else []
    return [*own, *(name for each in schema.values() for name in _references(each))]
