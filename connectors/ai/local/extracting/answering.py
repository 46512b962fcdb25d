"""An answer of a shape from a text, without any model."""

from __future__ import annotations

from typing import Any

from connectors.ai.local.extracting.fields import Found, find_field
from connectors.ai.local.extracting.page import Page
from connectors.ai.local.extracting.reading import Habits
from connectors.ai.local.extracting.roles import is_confidence
from connectors.ai.local.extracting.tables import find_rows
from connectors.ai.shape import Field, Shape
from ir import types as t


def extracted(text: str, shape: Shape) -> Any:
    """What the text says of each field: null for what it does not say. A field named `confidence` tells how sure
    the least sure of the others is.
    """
    page = Page(text)
    habits = Habits(page)
    if shape.value is not None:
        one = shape.value
        if shape.is_list:
            found = find_field(_listed(one), page, habits, of=[one])
            return found.value if found else []
        found = find_field(one, page, habits, of=[one])
        return found.value if found else None
    if not shape.is_list:
        return _object(shape.fields, page, habits)
    rows = find_rows(shape.fields, page, habits)
    if rows:
        return rows
    single = _object(shape.fields, page, habits)
    return [single] if any(value is not None for value in single.values()) else []


def _object(fields: tuple[Field, ...], page: Page, habits: Habits) -> dict[str, Any]:
    found: dict[str, Found | None] = {}
    for each in fields:
        if isinstance(each.type, t.ListOf) and isinstance(each.type.item, t.Struct):
            inner = tuple(Field(name=name, type=kind) for name, kind in each.type.item.fields)
            rows = find_rows(inner, page, habits)
            found[each.name] = Found(rows, 0.7) if rows else None
        elif not is_confidence(each):
            found[each.name] = find_field(each, page, habits, of=fields)
    sure = [each.confidence for each in found.values() if each is not None]
    values = {name: None if each is None else each.value for name, each in found.items()}
    return {each.name: values.get(each.name, min(sure, default=0.0)) for each in fields}


def _listed(one: Field) -> Field:
    return Field(name=one.name, type=t.ListOf(one.type), choices=one.choices, description=one.description)
