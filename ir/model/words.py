"""The small words that every section of a workflow is made of: names, types, lists of names."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ir.types import parse_type

NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"
SLUG_PATTERN = r"^[a-z0-9][a-z0-9_-]*$"
RESERVED_NAMES = frozenset({"data", "inputs", "item", "group", "run", "secrets"})


def refuse(message: str, *, at: tuple[str | int, ...] = (), hint: str | None = None, code: str = "IR205",
           on_key: bool = False) -> PydanticCustomError:  # fmt: skip
    """The error to raise in a validator; it becomes a diagnostic with this code at this sub-path."""
    context: dict[str, Any] = {"code": code, "text": message, "at": at, "hint": hint, "on_key": on_key}
    return PydanticCustomError("weirflow", "{text}", context)


def _type_text(text: str) -> str:
    try:
        parse_type(text)
    except ValueError as error:
        raise refuse(str(error), hint=getattr(error, "hint", None)) from error
    return text


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def present(value: Any) -> Any:
    """A map without the keys whose value is null: absent and null mean the same."""
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if each is not None}
    return value


def _expression(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return (getattr(value, "text", None) or str(value)) if isinstance(value, int | float) else value


def _amount(value: Any) -> Any:
    """A count, or a share such as "1%"."""
    if isinstance(value, str):
        if re.fullmatch(r"[0-9]+", value):
            return int(value)
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?%", value) or float(value[:-1]) > 100:
            raise refuse(f'"{value}" is no count such as 10 and no share such as "1%"')
    elif isinstance(value, bool) or not isinstance(value, int):
        raise refuse('expected a count or a share such as "1%"', code="IR203")
    elif value < 0:
        raise refuse(f"{value} is less than 0")
    return value


def _scalar(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        raise refuse("expected text, a number or a boolean", code="IR203")
    return value


RowCount = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""A number of rows; Polars counts them in 32 bits."""


class Scalars:
    """Tells the strict schema that text, a number or a boolean stands here, no list and no mapping."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        if handler.mode == "serialization":
            return {"anyOf": [{"type": kind} for kind in ("string", "number", "boolean")]}
        found: dict[str, Any] = handler(schema)
        return found


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""What can be referred to: `[A-Za-z_][A-Za-z0-9_]*`."""

TypeText = Annotated[str, AfterValidator(_type_text)]
"""A column type as written; `ir.types.parse_type` reads it."""

Columns = Annotated[dict[str, TypeText], BeforeValidator(present, json_schema_input_type=dict[str, str | None])]
"""{column: type}."""

Names = Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
"""A name or a list of names, always read as a list."""

WrittenExpression = Annotated[str, BeforeValidator(_expression, json_schema_input_type=str | int | float | bool)]
"""An expression; a bare number or boolean is one too, by its digits: 1.50 is a decimal of two places."""

Amount = Annotated[int | str, BeforeValidator(_amount, json_schema_input_type=int | str)]
"""A count, or a share of all rows such as "1%"."""

Scalar = Annotated[
    Any,
    BeforeValidator(_scalar, json_schema_input_type=str | int | float | bool | None),
    Scalars(),
]
"""Text, a number or a boolean, kept as it was written."""
