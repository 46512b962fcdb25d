"""Which keys a model knows at a place, for did-you-mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo


def known_keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys of the objects that may stand at `path`, a location as pydantic gives it (union labels included)."""
    here: list[Any] = [model]
    for part in path:
        here = [inner for each in here for inner in _step(each, part)]
    found: dict[str, None] = {}
    for each in here:
        for kind in _branches(each):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= dict.fromkeys(field.alias or name for name, field in kind.model_fields.items())
    return list(found)


def _step(annotation: Any, part: str | int) -> list[Any]:
    """The annotations one step further; a label of a union narrows it, an index enters a list."""
    inside: list[Any] = []
    for kind in _branches(annotation):
        origin = get_origin(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = _field(kind, part)
            if field is not None:
                inside.append(_annotated(field))
            elif part in {kind.__name__, _tag(annotation, kind)}:
                inside.append(kind)
        elif origin is list and isinstance(part, int):
            inside += get_args(kind)
        elif origin is dict:
            inside.append(get_args(kind)[1])
    return inside or ([annotation] if isinstance(part, str) else [])


def _field(model: type[BaseModel], part: str | int) -> FieldInfo | None:
    return next((field for name, field in model.model_fields.items() if part == (field.alias or name)), None)


def _annotated(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _branches(annotation: Any) -> Iterable[Any]:
    """The members of a union, or the annotation itself, without Annotated around them."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in {Union, UnionType}:
        return [inner for each in get_args(annotation) for inner in _branches(each)]
    return [annotation]


def _tag(annotation: Any, kind: Any) -> str | None:
    """The tag that stands beside `kind` in a tagged union."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    for each in get_args(annotation):
        if get_origin(each) is Annotated and get_args(each)[0] is kind:
            return next((note.tag for note in get_args(each)[1:] if isinstance(note, Tag)), None)
    return None
