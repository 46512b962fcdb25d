"""A workflow in the form that the strict schema describes: every key there, null for absent, mappings as pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ir.dialects.strict import MARK
from ir.model.workflow import Workflow


class NoStrictForm(Exception):
    """A value that the strict form has no room for: it nests deeper than the schema does."""


def strict_form(
    workflow: Workflow, schema: Mapping[str, Any], *, transforms: Mapping[str, type[BaseModel]]
) -> dict[str, Any]:
    """The workflow's values in the strict form.

    Raises:
        NoStrictForm: a value of free shape, or a filter's groups, nest deeper than the schema.
    """
    value = workflow.model_dump(by_alias=True, exclude_unset=True)
    for step in value.get("transforms", ()):
        config = transforms[step["type"]].model_validate(step.get("config") or {})
        step["config"] = config.model_dump(by_alias=True, exclude_unset=True)
    value[MARK] = "strict"
    value["ir_version"] = "3.1"
    made: dict[str, Any] = _Writer(schema).write(schema, value, "")
    return made


class _Writer:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.definitions = schema["$defs"]

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        return schema

    def write(self, schema: Mapping[str, Any], value: Any, at: str) -> Any:
        schema = self.resolved(schema)
        if value is None:
            return None
        if "anyOf" in schema:
            option = next((each for each in schema["anyOf"] if self.fits(each, value)), None)
            if option is None:
                raise NoStrictForm(f"{at or 'the document'} has no strict form")
            return self.write(option, value, at)
        if is_pairs(schema):
            inner = schema["items"]["properties"]["value"]
            pairs = [{"name": name, "value": self.write(inner, each, f"{at}/{name}")} for name, each in value.items()]
            return pairs or None
        if isinstance(value, Mapping):
            return {key: self.write(each, value.get(key), f"{at}/{key}") for key, each in schema["properties"].items()}
        if isinstance(value, list):
            return [self.write(schema["items"], each, f"{at}/{index}") for index, each in enumerate(value)]
        return value

    def fits(self, schema: Mapping[str, Any], value: Any) -> bool:
        """Whether the value can be written by this schema."""
        schema = self.resolved(schema)
        if "anyOf" in schema:
            return any(self.fits(each, value) for each in schema["anyOf"])
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if isinstance(value, Mapping):
            if is_pairs(schema):
                inner = schema["items"]["properties"]["value"]
                return all(self.fits(inner, each) for each in value.values())
            properties = schema.get("properties", {})
            kept = {key: each for key, each in value.items() if key in properties or key != "description"}
            return "object" in kinds and all(
                each is None or (key in properties and self.fits(properties[key], each)) for key, each in kept.items()
            )
        if isinstance(value, list):
            return "array" in kinds and not is_pairs(schema) and all(self.fits(schema["items"], e) for e in value)
        if "enum" in schema and value not in schema["enum"]:
            return False
        match value:
            case None:
                return "null" in kinds
            case bool():
                return "boolean" in kinds
            case int():
                return "integer" in kinds or "number" in kinds
            case float():
                return "number" in kinds
        return "string" in kinds


def is_pairs(schema: Mapping[str, Any]) -> bool:
    """Whether the schema is that of a mapping with free keys."""
    items = schema.get("items")
    return isinstance(items, Mapping) and list(items.get("properties", ())) == ["name", "value"]
