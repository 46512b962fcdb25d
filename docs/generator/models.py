"""Tables of keys from the models of the language."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs.generator.markdown import anchor, table

_WORDS = {str: "text", int: "integer", float: "number", bool: "boolean", Any: "any value", object: "any value"}


@dataclass(frozen=True, slots=True)
class Part:
    """A model and where it stands in the document."""

    heading: str
    model: type[BaseModel]


def parts(roots: list[Part], *, elsewhere: Collection[type[BaseModel]] = ()) -> list[Part]:
    """The roots, each followed by the models below it, none twice and none that another page describes."""
    found: list[Part] = []
    waiting = list(roots)
    while waiting:
        part = waiting.pop(0)
        if part.model in elsewhere or any(each.model is part.model for each in found):
            continue
        found.append(part)
        below = [Part(_path(part.heading, key, field), model) for key, field, model in _inner(part.model)]
        waiting = [*below, *waiting]
    return found


def section(part: Part, every: list[Part], *, level: int = 2) -> str:
    """A heading, what the object is, and the table of its keys."""
    headings = {each.model: each.heading for each in every}
    lines = [f"{'#' * level} {part.heading}", "", doc(part.model), ""]
    return "\n".join([*lines, key_table(part.model, lambda model: _link(headings.get(model)))])


def doc(model: type[BaseModel]) -> str:
    """The model's docstring as paragraphs."""
    return "\n".join(line.strip() for line in (model.__doc__ or "").strip().splitlines())


def key_table(model: type[BaseModel], link: Callable[[type[BaseModel]], str]) -> str:
    rows = []
    for name, field in model.model_fields.items():
        if name == "description":
            continue
        rows.append([f"`{field.alias or name}`", _kind(field, link), _default(field), field.description or ""])
    return table(["key", "value", "default", "meaning"], rows)


def _link(heading: str | None) -> str:
    return f"[object](#{anchor(heading)})" if heading else "object"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is PydanticUndefined or value is None or isinstance(value, BaseModel):
        return ""
    return f"`{'true' if value is True else 'false' if value is False else value}`"


def _kind(field: FieldInfo, link: Callable[[type[BaseModel]], str]) -> str:
    for each in field.metadata:
        accepted = getattr(each, "json_schema_input_type", PydanticUndefined)
        if accepted is not PydanticUndefined and accepted is not Any:
            return kind_text(accepted, link)
    return kind_text(field.annotation, link)


def kind_text(annotation: Any, link: Callable[[type[BaseModel]], str]) -> str:
    """A type of the models in words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind_text(arguments[0], link)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(kind_text(each, link) for each in arguments if each is not type(None)))
    if origin is typing.Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin in (list, tuple):
        return f"list of {kind_text(arguments[0], link)}"
    if origin is dict:
        return f"{{name: {kind_text(arguments[1], link)}}}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return link(annotation)
    return _WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _inner(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        for each in _models(field.annotation):
            yield field.alias or name, field, each


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in typing.get_args(annotation):
        if typing.get_origin(annotation) is not typing.Literal:
            yield from _models(each)


def _path(heading: str, key: str, field: FieldInfo) -> str:
    text = str(field.annotation)
    return f"{heading}.{key}" + ("[]" if "list[" in text and "Section" not in text else "")
