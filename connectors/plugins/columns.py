"""The columns of what an action gives, from its output_schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ir.types import (
    Boolean,
    DataType,
    Date,
    Datetime,
    Decimal,
    File,
    Integer,
    Json,
    ListOf,
    Number,
    Schema,
    String,
    Time,
)
from ir.types import Struct as StructType

_FORMATS: Mapping[str, DataType] = {"date": Date(), "date-time": Datetime(zoned=True), "time": Time()}
_TYPES: Mapping[str, DataType] = {"integer": Integer(), "number": Number(), "boolean": Boolean()}


def is_rows(schema: Mapping[str, Any] | None) -> bool:
    """Whether a result is a list of objects: rows."""
    return schema is not None and "array" in _kinds(schema)


def columns_of(schema: Mapping[str, Any] | None) -> Schema | None:
    """The columns of one item of a result; None where the schema does not name them."""
    if schema is None:
        return None
    item = schema.get("items", {}) if "array" in _kinds(schema) else schema
    properties = item.get("properties") if isinstance(item, Mapping) else None
    if not properties or item.get("x-file"):
        return None
    return Schema({name: type_of(each) for name, each in properties.items()})


def type_of(schema: Any) -> DataType:
    """The type of what a schema describes; what it leaves open is json."""
    if not isinstance(schema, Mapping):
        return Json()
    if schema.get("x-file"):
        return File()
    decimal = schema.get("x-decimal")
    if decimal:
        precision, scale = decimal if isinstance(decimal, list) else (38, 9)
        return Decimal(int(precision), int(scale))
    kinds = [each for each in _kinds(schema) if each != "null"]
    if kinds == ["integer", "number"] or kinds == ["number", "integer"]:
        return Number()
    if len(kinds) != 1:
        return Json()
    kind = kinds[0]
    if kind == "string":
        return _FORMATS.get(str(schema.get("format")), String())
    if kind == "array":
        return ListOf(type_of(schema["items"])) if schema.get("items") else Json()
    if kind == "object":
        properties = schema.get("properties")
        if not properties or schema.get("additionalProperties"):
            return Json()
        return StructType(tuple((name, type_of(each)) for name, each in properties.items()))
    return _TYPES.get(kind, Json())


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    written = schema.get("type", [])
    return [written] if isinstance(written, str) else list(written)
