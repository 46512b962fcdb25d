"""The JSON Schema of an answer, as services hold their models to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.ai.shape import Field, Shape
from ir import types as t

ANSWER, ANSWERS, ROW = "answer", "answers", "row"
"""What an answer stands under that is no object by itself; and several of them, each with the row it is about."""

_WORDS: Mapping[type[t.DataType], dict[str, Any]] = {
    t.String: {"type": "string"},
    t.Integer: {"type": "integer"},
    t.Number: {"type": "number"},
    t.Decimal: {"type": "number"},
    t.Boolean: {"type": "boolean"},
    t.Date: {"type": "string", "format": "date"},
    t.Datetime: {"type": "string", "format": "date-time"},
    t.Time: {"type": "string", "format": "time"},
    t.Duration: {"type": "string", "format": "duration"},
    t.Json: {"type": "string", "description": "a JSON document"},
}


def answer_schema(shape: Shape, *, may_lack: bool) -> dict[str, Any]:
    """The schema of one answer, in the narrow language that strict structured output knows: closed objects with every
    key required. With `may_lack` also a required field may be null, so that nothing has to be made up for it."""
    one = _of_shape(shape, may_lack=may_lack)
    if shape.is_list:
        one = {"type": "array", "items": one}
    return one if is_bare(shape) else _object({ANSWER: one})


def answers_schema(shape: Shape, *, may_lack: bool) -> dict[str, Any]:
    """The schema of several answers, each with the number of its row."""
    one = _of_shape(shape, may_lack=may_lack)
    one = {"type": "array", "items": one} if shape.is_list else one
    each = _object({ROW: {"type": "integer"}, ANSWER: one})
    return _object({ANSWERS: {"type": "array", "items": each}})


def is_bare(shape: Shape) -> bool:
    """Whether an answer is an object by itself."""
    return shape.value is None and not shape.is_list


def _of_shape(shape: Shape, *, may_lack: bool) -> dict[str, Any]:
    if shape.value is not None:
        return _of_field(shape.value, is_nullable=not shape.value.is_required or may_lack)
    return _object({each.name: _of_field(each, is_nullable=not each.is_required or may_lack) for each in shape.fields})


def _of_field(field: Field, *, is_nullable: bool) -> dict[str, Any]:
    found = _of_type(field.type)
    if field.choices:
        found = {"type": "string", "enum": [*field.choices]}
    if is_nullable:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"].append(None)
    if field.description:
        found["description"] = field.description
    return found


def _of_type(kind: t.DataType) -> dict[str, Any]:
    match kind:
        case t.ListOf(item):
            return {"type": "array", "items": _of_type(item)}
        case t.Struct(fields):
            return _object({name: _nullable(_of_type(each)) for name, each in fields})
        case _:
            return dict(_WORDS[type(kind)])


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
