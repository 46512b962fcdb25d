"""Schemas of Google's documents as JSON Schemas, closed: what they do not name is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "uint32": {"minimum": 0, "maximum": 2**32 - 1},
    "int64": {"pattern": r"^-?[0-9]{1,19}$"},
    "uint64": {"pattern": r"^[0-9]{1,20}$"},
    "byte": {"pattern": r"^[A-Za-z0-9_+/=-]*$"},
    "date": {"format": "date"},
    "date-time": {"format": "date-time"},
    "google-datetime": {"format": "date-time"},
    "google-fieldmask": {"pattern": r"^(\*|[\w.]+(,[\w.]+)*)$"},
}


class Schemas:
    """The schemas of one document, for requests and for responses."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self.found = found
        self._definitions = {name: json_schema(each) for name, each in found.items()}
        self.validator = lru_cache(self._validator)

    def _validator(self, name: str, operation: str | None, has_media: bool = False) -> Any:
        schema = self._definitions[name]
        needed = [
            key for key, each in self.found[name].get("properties", {}).items()
            if operation in each.get("annotations", {}).get("required", ())
            and not (has_media and each.get("format") == "byte")
        ]  # fmt: skip
        if needed:
            schema = {**schema, "required": needed}
        return jsonschema_rs.Draft202012Validator(
            {**schema, "$defs": self._definitions}, validate_formats=True, retriever=_nothing
        )

    def request_problems(self, name: str, operation: str, value: Any, *, has_media: bool = False) -> Iterator[str]:
        """What is wrong with a body of a request: by the schema, and what only Google itself may set.

        Bytes that have to be in it may go beside it as well.
        """
        for each in self.validator(name, operation, has_media).iter_errors(value):
            yield f"body {'/'.join(map(str, each.instance_path)) or '(whole)'}: {each.message}"
        yield from self._only_read({"$ref": name}, value, "")

    def response_problems(self, name: str, value: Any) -> list[str]:
        """What no answer of Google's would hold."""
        return [
            f"{'/'.join(map(str, each.instance_path))}: {each.message}"
            for each in self.validator(name, None).iter_errors(value)
        ]

    def _only_read(self, schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
        schema = self.found[schema["$ref"]] if "$ref" in schema else schema
        if isinstance(value, list):
            for position, each in enumerate(value):
                yield from self._only_read(schema.get("items", {}), each, f"{path}/{position}")
        elif isinstance(value, Mapping):
            for key, each in value.items():
                known = schema.get("properties", {}).get(key, {})
                if known.get("readOnly"):
                    yield f"body {path}/{key}: only Google sets this"
                if known.get("deprecated"):
                    yield f"body {path}/{key}: deprecated"
                yield from self._only_read(known, each, f"{path}/{key}")


def json_schema(found: Mapping[str, Any]) -> dict[str, Any]:
    """A schema in JSON Schema's words."""
    if "$ref" in found:
        return {"$ref": f"#/$defs/{found['$ref']}"}
    if found.get("type") == "any":
        return {}
    made: dict[str, Any] = {"type": found["type"], **_FORMATS.get(found.get("format", ""), {})}
    if "enum" in found:
        made["enum"] = found["enum"]
    if found["type"] == "array":
        made["items"] = json_schema(found["items"])
    if found["type"] == "object":
        made["properties"] = {key: json_schema(each) for key, each in found.get("properties", {}).items()}
        more = found.get("additionalProperties")
        made["additionalProperties"] = json_schema(more) if more is not None else False
    return made


def query_problem(facts: Mapping[str, Any], value: str) -> str | None:
    """What is wrong with a value in an address."""
    if facts["type"] == "boolean" and value not in {"true", "false"}:
        return f"{value!r} is neither true nor false"
    if facts["type"] == "integer":
        if not re.fullmatch(r"-?[0-9]+", value):
            return f"{value!r} is no integer"
        low = facts.get("minimum", "0" if str(facts.get("format")).startswith("u") else None)
        if low is not None and int(value) < int(low):
            return f"{value} is less than {low}"
        if "maximum" in facts and int(value) > int(facts["maximum"]):
            return f"{value} is more than {facts['maximum']}"
    if "enum" in facts and value not in facts["enum"]:
        return f"{value!r} is none of {', '.join(facts['enum'])}"
    if facts.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", value):
        return f"{value!r} is no moment with an offset"
    if "pattern" in facts and not re.search(facts["pattern"], value):
        return f"{value!r} does not match {facts['pattern']}"
    if not value and facts.get("required"):
        return "it is empty"
    return None


def _nothing(uri: str) -> Any:
    raise LookupError(f"schemas of Google's refer to nothing outside: {uri}")
