"""Which types can be compared, and which have an order."""

from __future__ import annotations

from ir import types as t
from transforms.expressions.signature import Function
from transforms.expressions.tree import Node


def has_order(kind: t.DataType) -> bool:
    """Lists and structs have no order that engines share."""
    return not isinstance(kind, t.ListOf | t.Struct | t.File)


def has_equality(kind: t.DataType) -> bool:
    """Structs are compared field by field, by those who know which count."""
    return has_equality(kind.item) if isinstance(kind, t.ListOf) else not isinstance(kind, t.Struct | t.File)


def check_order(function: Function, args: tuple[Node, ...]) -> str | None:
    """What is wrong with comparing these by their order, or None."""
    kind = next((each.type for each in args if not has_order(each.type)), None)
    return None if kind is None else f"{function.name} needs values that have an order, {kind} has none"


def check_equality(function: Function, args: tuple[Node, ...]) -> str | None:
    """What is wrong with asking whether these are equal, or None."""
    kind = next((each.type for each in args if not has_equality(each.type)), None)
    return None if kind is None else f"{function.name} cannot compare {kind}; compare its fields"
