"""The keys of a model in one line."""

from __future__ import annotations

import types
import typing
from typing import Any

from pydantic import BaseModel

from ir.model.conditionals import Action, OriginalCondition
from ir.model.deliveries import MessageContent

_NOTES = frozenset({"description", "execution_constraints", "rate_limiting", "actions"})
"""Keys that say nothing new: notes, what every step may carry, other spellings."""
_OTHER_SPELLINGS = (OriginalCondition, Action, MessageContent)
_KINDS = {str: "text", int: "integer", float: "number", bool: "true/false", Any: "any", object: "any"}


def keys_of(model: type[BaseModel]) -> str:
    """The keys and what may stand under them, the required ones with a star."""
    shown = [
        f"{field.alias or name}{'*' if field.is_required() else ''}{_suffix(field.annotation)}"
        for name, field in model.model_fields.items()
        if name not in _NOTES
    ]
    return ", ".join(shown)


def _suffix(annotation: Any) -> str:
    kind = _kind(annotation)
    return f" ({kind})" if kind and kind != "text" else ""


def _kind(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(arguments[0])
    if origin in (typing.Union, types.UnionType):
        kinds = [_kind(each) for each in arguments if each is not type(None) and not _is_other_spelling(each)]
        return " or ".join(dict.fromkeys(each for each in kinds if each))
    if origin is typing.Literal:
        return " | ".join(str(each) for each in arguments)
    if origin is list:
        inner = _kind(arguments[0])
        return f"[{inner}]" if inner else "list"
    if origin is dict:
        return "{name: value}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _object(annotation)
    return _KINDS.get(annotation, "")


def _is_other_spelling(annotation: Any) -> bool:
    if typing.get_origin(annotation) in (typing.Annotated, list):
        return _is_other_spelling(typing.get_args(annotation)[0])
    return annotation in _OTHER_SPELLINGS


def _object(model: type[BaseModel]) -> str:
    """A small object with its keys, a large one by its name in the guide."""
    names = [field.alias or name for name, field in model.model_fields.items() if name not in _NOTES]
    return "{" + ", ".join(names) + "}" if len(names) <= 6 else "object"
