"""Schemas of OpenAPI documents as JSON Schemas: those of requests closed, those of answers open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from tests.plugins.specifications.bodies import typed

_COMPOSED = ("allOf", "anyOf", "oneOf")


class Schemas:
    """The schemas of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._validators: dict[tuple[int, bool], tuple[Any, Any]] = {}

    def resolved(self, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a $ref leads to."""
        while "$ref" in facts:
            found: Any = self.document
            for part in facts["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            facts = found
        return facts

    def requests(self, schema: Mapping[str, Any]) -> Any:
        """The validator of a body that is sent: what the schema does not name is refused."""
        return self._validator(schema, is_request=True)

    def answers(self, schema: Mapping[str, Any]) -> Any:
        """The validator of what of an answer is there; nothing has to be."""
        return self._validator(schema, is_request=False)

    def properties(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The properties of an object, with those of what it is composed of."""
        found: dict[str, Any] = {}
        schema = self.resolved(schema)
        for composed in _COMPOSED:
            for each in schema.get(composed, ()):
                found.update(self.properties(each))
        found.update({name: self.resolved(each) for name, each in schema.get("properties", {}).items()})
        return found

    def text_problem(self, parameter: Mapping[str, Any], text: str) -> str | None:
        """What is wrong with a value in an address."""
        schema = self.inlined(parameter.get("schema", {}), is_request=True)
        kinds = schema.get("type", [])
        value = typed(text, schema)
        if "array" in ([kinds] if isinstance(kinds, str) else kinds) and not isinstance(value, list):
            value = [value]
        error = next(jsonschema_rs.Draft202012Validator(schema, offline=True).iter_errors(value), None)
        return error.message if error is not None else None

    def name_problems(self, schema: Mapping[str, Any], names: list[str]) -> Iterator[str]:
        """What is wrong with the names of a body's parts."""
        known, required = self.properties(schema), self.resolved(schema).get("required", ())
        yield from (f"part {name} is unknown" for name in names if name.partition("[")[0] not in known)
        yield from (f"part {name} is missing" for name in required if name not in names)

    def inlined(self, schema: Mapping[str, Any], *, is_request: bool) -> dict[str, Any]:
        """The schema without references."""
        return self._inlined(schema, is_request, True, ())

    def _validator(self, schema: Mapping[str, Any], *, is_request: bool) -> Any:
        # the schema is kept beside its validator, so that its id stays its own
        key = (id(schema), is_request)
        if key not in self._validators:
            made = jsonschema_rs.Draft202012Validator(self.inlined(schema, is_request=is_request),
                                                      validate_formats=is_request, offline=True)  # fmt: skip
            self._validators[key] = (schema, made)
        return self._validators[key][1]

    def _inlined(self, schema: Any, is_request: bool, is_closing: bool, above: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(schema, Mapping):
            return {}
        if "$ref" in schema:
            if schema["$ref"] in above:
                return {}
            above = (*above, schema["$ref"])
        schema = self.resolved(schema)
        if "$ref" not in schema and not schema:
            return {}
        is_whole = is_closing and ("properties" in schema or "allOf" in schema)
        made = dict(schema) if is_request else {key: each for key, each in schema.items() if key != "required"}
        for composed in _COMPOSED:
            if composed in schema:
                made[composed] = [self._inlined(each, is_request, is_closing and not is_whole, above)
                                  for each in schema[composed]]  # fmt: skip
        if not is_request and "oneOf" in made:
            # without what they require, several forms of an answer may fit
            made["anyOf"] = made.pop("oneOf") if "anyOf" not in made else made["anyOf"]
        if "properties" in schema:
            made["properties"] = {name: self._inlined(each, is_request, True, above)
                                  for name, each in schema["properties"].items()}  # fmt: skip
        if "items" in schema:
            made["items"] = self._inlined(schema["items"], is_request, True, above)
        if isinstance(schema.get("additionalProperties"), Mapping):
            made["additionalProperties"] = self._inlined(schema["additionalProperties"], is_request, True, above)
        if is_request and is_whole and "additionalProperties" not in schema:
            made["unevaluatedProperties"] = False
        return made
