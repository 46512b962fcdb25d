"""Schemas of OpenAPI as JSON Schema: references put in, the words of version 3.0 translated, the rest left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Literal

from connectors.plugins.openapi.document import OpenApi, first_sentence
from ir.records import dataclass

Side = Literal["request", "response"]
FILE = {"type": "object", "x-file": True}
_MOST_DEPTH = 12
_MOST_PARTS = 4000
_KEPT = ("enum", "const", "format", "pattern", "minLength", "maxLength", "multipleOf", "minItems", "maxItems",
         "uniqueItems", "minProperties", "maxProperties")  # fmt: skip
_IS_OF: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
_OF_RESULTS = ("enum", "format")
_FORMATS_OF_RESULTS = ("date", "date-time", "time")
_HIDDEN: Mapping[Side, str] = {"request": "readOnly", "response": "writeOnly"}


@dataclass(slots=True)
class Schemas:
    """The schemas of one document. What refers to itself, and what is very large, is left open from there on."""

    document: OpenApi
    was_cut: bool = False
    _open: list[int] = field(default_factory=list)
    _parts: int = 0

    def of(self, written: Any, side: Side) -> dict[str, Any]:
        """The schema as a manifest has it."""
        self._parts = 0
        return self._schema(written, side)

    def _schema(self, written: Any, side: Side) -> dict[str, Any]:
        value = self.document.followed(written)
        if not isinstance(value, Mapping):
            return {}
        self._parts += 1
        if id(value) in self._open or len(self._open) > _MOST_DEPTH or self._parts > _MOST_PARTS:
            self.was_cut = True
            return {}
        self._open.append(id(value))
        try:
            return self._made(value, side)
        finally:
            self._open.pop()

    def _made(self, value: Mapping[str, Any], side: Side) -> dict[str, Any]:
        if isinstance(value.get("allOf"), list):
            return self._made(self._merged(value), side)
        if value.get("format") == "binary" and value.get("type", "string") == "string":
            return {**FILE, **_described(value)}
        for key in ("oneOf", "anyOf"):
            if isinstance(value.get(key), list):
                return self._one_of(value, key, side)
        made: dict[str, Any] = {}
        kinds = _kinds(value)
        if kinds:
            made["type"] = kinds[0] if len(kinds) == 1 else kinds
        made |= _described(value)
        made |= {key: value[key] for key in (_KEPT if side == "request" else _OF_RESULTS) if key in value}
        if side == "request":
            made |= _bounds(value) | _shown(value)
        if value.get("nullable") is True and "enum" in made and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
        if side == "response" and made.get("format") not in _FORMATS_OF_RESULTS:
            made.pop("format", None)
        if isinstance(value.get("properties"), Mapping):
            made |= self._object(value, side)
        elif isinstance(value.get("additionalProperties"), Mapping):
            made["additionalProperties"] = self._schema(value["additionalProperties"], side)
        if "items" in value:
            made["items"] = self._schema(value["items"], side)
        return made

    def _object(self, value: Mapping[str, Any], side: Side) -> dict[str, Any]:
        properties = {name: each for name, each in value["properties"].items()
                      if not _is_hidden(self.document.followed(each), side)}  # fmt: skip
        made: dict[str, Any] = {"properties": {name: self._schema(each, side) for name, each in properties.items()}}
        required = [name for name in value.get("required", []) if name in properties]
        if required and side == "request":
            made["required"] = required
        if side == "request" and value.get("additionalProperties") not in (None, False):
            made["additionalProperties"] = True
        return made

    def _one_of(self, value: Mapping[str, Any], key: str, side: Side) -> dict[str, Any]:
        """The forms that a value may have; with one beside null, that one."""
        forms = [self._schema(each, side) for each in value[key]]
        others = [each for each in forms if each.get("type") != "null"]
        if len(others) == 1:
            form = others[0]
            if len(forms) > 1 or value.get("nullable") is True:
                kinds = [each for each in _listed(form.get("type")) if each != "null"]
                form = {**form, "type": [*kinds, "null"]} if kinds else form
            return {**form, **_described(value)}
        if side == "response":
            return _described(value)
        # forms overlap in practice: oneOf would refuse what a service takes
        return {**_described(value), "anyOf": forms}

    def _merged(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """All parts of an allOf as one schema."""
        merged: dict[str, Any] = {key: each for key, each in value.items() if key != "allOf"}
        for part in value["allOf"]:
            found = self.document.followed(part)
            if not isinstance(found, Mapping) or id(found) in self._open:
                continue
            if isinstance(found.get("allOf"), list):
                self._open.append(id(found))
                found = self._merged(found)
                self._open.pop()
            properties = {**found.get("properties", {}), **merged.get("properties", {})}
            required = list(dict.fromkeys([*found.get("required", []), *merged.get("required", [])]))
            merged = {**found, **merged}
            merged |= {"properties": properties} if properties else {}
            merged |= {"required": required} if required else {}
        return merged


def _kinds(value: Mapping[str, Any]) -> list[str]:
    kinds = _listed(value.get("type"))
    if not kinds:
        kinds = ["object"] if "properties" in value else ["array"] if "items" in value else []
    if value.get("nullable") is True and kinds and "null" not in kinds:
        kinds = [*kinds, "null"]
    return kinds


def _bounds(value: Mapping[str, Any]) -> dict[str, Any]:
    """Bounds of numbers: in version 3.0 an exclusive one is a word beside the other."""
    made: dict[str, Any] = {}
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if value.get(exclusive) is True and plain in value:
            made[exclusive] = value[plain]
            continue
        made |= {key: value[key] for key in (plain, exclusive) if key in value and not isinstance(value[key], bool)}
    return made


def _shown(value: Mapping[str, Any]) -> dict[str, Any]:
    """The example of a single value, under the name that JSON Schema has for it."""
    many = value.get("examples")
    example = value.get("example", many[0] if isinstance(many, list) and many else None)
    return {"examples": [example]} if any(_IS_OF[each](example) for each in _kinds(value) if each in _IS_OF) else {}


def described(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with a description: that of its name where nobody wrote one."""
    if schema.get("description"):
        return schema
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", " ", name).strip().lower()
    return {**schema, "description": f"The {words or name}."}


def _described(value: Mapping[str, Any]) -> dict[str, Any]:
    said = first_sentence(value.get("description") or value.get("title"))
    return {"description": said} if said else {}


def _is_hidden(value: Any, side: Side) -> bool:
    return isinstance(value, Mapping) and value.get(_HIDDEN[side]) is True


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]
