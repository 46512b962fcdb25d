"""The payload_schema of a webhook: what a payload has to be, and the columns of the rows that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.plugins.columns import columns_of, is_rows
from connectors.plugins.json_schemas import Checker, checker, plain
from connectors.webhooks.payload import VALUE
from ir import types as t
from ir.model.ai import OutputField, OutputSchema
from ir.records import dataclass

if TYPE_CHECKING:
    from ir.model.webhooks import WebhookConfig

_LEVELS = 16
"""So deep references within a schema are followed; what lies deeper is JSON text."""
_WORDS: Mapping[type[t.DataType], Mapping[str, Any]] = {
    t.String: {"type": "string"},
    t.Integer: {"type": "integer"},
    t.Number: {"type": "number"},
    t.Decimal: {"type": ["number", "string"]},
    t.Boolean: {"type": "boolean"},
    t.Date: {"type": "string", "format": "date"},
    t.Datetime: {"type": "string"},
    t.Time: {"type": "string"},
    t.Duration: {"type": "string"},
}
_OBJECT, _ARRAY = "object", "array"


@dataclass(frozen=True, slots=True)
class PayloadSchema:
    """`columns` are None where the schema does not name them."""

    columns: t.Schema | None
    is_rows: bool
    """Whether a payload is an array of rows."""
    is_one: bool
    """Whether it is always one object."""
    _checker: Checker

    @classmethod
    def of(cls, config: WebhookConfig) -> PayloadSchema | None:
        """The schema of a webhook; None where it has none.

        Raises:
            ValueError: what is written is no schema.
        """
        written = config.payload_schema
        if written is None:
            return None
        if isinstance(written, OutputSchema):
            return cls(_output_columns(written), written.type == _ARRAY, written.type == _OBJECT,
                       checker(_of_output(written), is_closed=False))  # fmt: skip
        schema = _with_kind(plain(written))
        found = checker(schema, is_closed=False)
        known = _unfolded(schema, schema, _LEVELS)
        return cls(columns_of(known), is_rows(known), known.get("type") == _OBJECT, found)

    def problems(self, payload: Any) -> list[str]:
        """What is wrong with a payload, each with its place in it; empty where nothing is."""
        if self._checker.is_valid(payload):
            return []
        found = self._checker.problems(plain(payload))
        return [f"{_place(each.pointer)}{each.message}" for each in found]


def _with_kind(schema: Any) -> Any:
    """A schema that names properties and no type is one of an object."""
    is_open = isinstance(schema, dict) and "properties" in schema and "type" not in schema
    return {"type": _OBJECT, **schema} if is_open else schema


def _unfolded(schema: Any, whole: Mapping[str, Any], levels: int) -> Any:
    """The schema with what its references lead to in their place."""
    if not isinstance(schema, dict):
        return schema
    if not levels:
        return {}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        beside = {key: each for key, each in schema.items() if key != "$ref"}
        return _unfolded({**_referred(reference, whole), **beside}, whole, levels - 1)
    found = dict(schema)
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = _unfolded(found[key], whole, levels - 1)
    if isinstance(found.get("properties"), dict):
        found["properties"] = {
            name: _unfolded(each, whole, levels - 1) for name, each in found["properties"].items()
        }  # fmt: skip
    return found


def _referred(reference: str, whole: Any) -> Mapping[str, Any]:
    for part in reference.removeprefix("#").split("/")[1:]:
        whole = whole.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(whole, dict) else {}
    return whole if isinstance(whole, dict) else {}


def _output_columns(schema: OutputSchema) -> t.Schema:
    fields = _fields_of(schema)
    if fields:
        return t.Schema({each.name: _type(each) for each in fields})
    written = schema.items.type if schema.items is not None else None if schema.type == _ARRAY else schema.type
    return t.Schema({VALUE: _named(written or "string")})


def _fields_of(schema: OutputSchema) -> Sequence[OutputField]:
    return schema.fields or (schema.items.fields if schema.items is not None else None) or ()


def _of_output(schema: OutputSchema) -> dict[str, Any]:
    """The JSON Schema that means the same."""
    fields = _fields_of(schema)
    if fields:
        one = _of_fields(fields)
    else:
        items = schema.items
        kind = (items.type if items is not None else None) if schema.type == _ARRAY else schema.type
        one = _of_type(_named(kind or "string"))
        choices = items.enum if items is not None else schema.enum
        if choices:
            one["enum"] = list(choices)
    return {"type": _ARRAY, "items": one} if schema.type == _ARRAY else one


def _of_fields(fields: Sequence[OutputField]) -> dict[str, Any]:
    properties = {}
    for each in fields:
        found = _of_type(_type(each))
        if each.enum is not None:
            found["enum"] = list(each.enum)
        properties[each.name] = found if each.required or not found else {"anyOf": [found, {"type": "null"}]}
    return {"type": _OBJECT, "properties": properties, "required": [each.name for each in fields if each.required]}


def _type(field: OutputField) -> t.DataType:
    return _named(field.type)


def _named(written: str) -> t.DataType:
    return t.Json() if written in {_OBJECT, _ARRAY} else t.parse_type(written)


def _of_type(kind: t.DataType) -> dict[str, Any]:
    match kind:
        case t.ListOf(item):
            return {"type": _ARRAY, "items": {"anyOf": [_of_type(item), {"type": "null"}]}}
        case t.Struct(fields):
            properties = {name: {"anyOf": [_of_type(each), {"type": "null"}]} for name, each in fields}
            return {"type": _OBJECT, "properties": properties}
    return dict(_WORDS.get(type(kind), {}))


def _place(pointer: Sequence[str | int]) -> str:
    """Where it is wrong, as a way from the top; nothing for the payload as a whole."""
    return f"{''.join(f'/{part}' for part in pointer)}: " if pointer else ""
