"""What an operation has to be answered with: its output_schema, else what its type gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from connectors.ai.shape import Field, Shape
from ir import types as t
from ir.model.ai import AiType, OutputField, OutputSchema

if TYPE_CHECKING:
    from ir.diagnostics import Pointer
    from ir.model.ai import AiOperation
    from ir.types import DataType

_SENTIMENTS = ("positive", "neutral", "negative")
_TEXT = Shape(value=Field(name="answer", type=t.String(), is_required=True))
_OF_TYPE: Mapping[AiType, Shape] = {
    "sentiment": Shape(value=Field(name="sentiment", type=t.String(), is_required=True, choices=_SENTIMENTS)),
    "decide": Shape(fields=(
        Field(name="decision", type=t.Boolean(), is_required=True, description="whether it is so"),
        Field(name="reason", type=t.String(), is_required=True, description="why, in one sentence"),
    )),
    "validate": Shape(fields=(
        Field(name="is_valid", type=t.Boolean(), is_required=True, description="whether the data is valid"),
        Field(name="reason", type=t.String(), description="why not, in one sentence; null where it is valid"),
    )),
}  # fmt: skip
"""What types are answered with where no output_schema says it; the others with a text."""


def shape_of(operation: AiOperation) -> Shape:
    """The shape of one answer.

    Raises:
        ValueError: a type that no answer can have; its second argument is the way below output_schema.
    """
    written = operation.output_schema
    if written is None:
        return _OF_TYPE.get(operation.type, _TEXT)
    if written.type == "array":
        return _list(written)
    if written.fields:
        return Shape(fields=_fields(written.fields, ("fields",)))
    return Shape(value=Field(name="answer", type=t.parse_type(written.type), is_required=True,
                             choices=tuple(written.enum or ()), description=written.description))  # fmt: skip


def _list(written: OutputSchema) -> Shape:
    items = written.items
    if written.fields:
        return Shape(fields=_fields(written.fields, ("fields",)), is_list=True)
    if items is None:
        return Shape(value=Field(name="answer", type=t.String(), description=written.description), is_list=True)
    if items.fields:
        return Shape(fields=_fields(items.fields, ("items", "fields")), is_list=True)
    kind = t.Json() if items.type in {"object", "array"} else t.parse_type(items.type or "string")
    return Shape(value=Field(name="answer", type=kind, choices=tuple(items.enum or ()),
                             description=items.description or written.description), is_list=True)  # fmt: skip


def _fields(written: list[OutputField], at: Pointer) -> tuple[Field, ...]:
    return tuple(
        Field(name=each.name, type=_type(each, (*at, index, "type")), is_required=each.required,
              choices=tuple(each.enum or ()), description=each.description)
        for index, each in enumerate(written)
    )  # fmt: skip


def _type(field: OutputField, at: Pointer) -> DataType:
    kind = {"object": t.Json(), "array": t.ListOf(t.String())}.get(field.type) or t.parse_type(field.type)
    if not _can_be_answered(kind):
        raise ValueError(f"no answer can be of type {kind}", at)
    return kind


def _can_be_answered(kind: DataType) -> bool:
    match kind:
        case t.ListOf(item):
            return _can_be_answered(item)
        case t.Struct(fields):
            return all(_can_be_answered(each) for _, each in fields)
    return not isinstance(kind, t.File | t.Null)
