"""Conditions as a tree: tests, all or any of them, and the opposite of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ir.records import dataclass

OPERATORS = {
    "eq": "equals",
    "==": "equals",
    "===": "equals",
    "=": "equals",
    "ne": "not_equals",
    "!=": "not_equals",
    "!==": "not_equals",
    "gt": "greater_than",
    ">": "greater_than",
    "gte": "greater_than_or_equals",
    ">=": "greater_than_or_equals",
    "lt": "less_than",
    "<": "less_than",
    "lte": "less_than_or_equals",
    "<=": "less_than_or_equals",
    "greater_than_or_equal": "greater_than_or_equals",
    "less_than_or_equal": "less_than_or_equals",
    "matches": "matches_regex",
    "regex": "matches_regex",
    "exists": "is_not_null",
    "not_exists": "is_null",
}
"""The original's names of operators, and this language's."""
_OPPOSITES = {
    "equals": "not_equals",
    "contains": "not_contains",
    "in": "not_in",
    "is_empty": "is_not_empty",
    "is_null": "is_not_null",
}
_OPPOSITES |= {other: name for name, other in _OPPOSITES.items()}
_ORDERED = {
    "greater_than": "less_than_or_equals",
    "less_than": "greater_than_or_equals",
    "greater_than_or_equals": "less_than",
    "less_than_or_equals": "greater_than",
}
WITHOUT_VALUE = frozenset({"is_empty", "is_not_empty", "is_null", "is_not_null"})


class Untold(Exception):
    """A condition that has no words; the text says why."""


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of what `field` names."""

    field: str
    operator: str
    value: Any = None
    is_case_sensitive: bool = False
    """Of contains, whose own way is to take no notice of case."""
    said: str = ""
    """What is to be told of how it was read."""


@dataclass(frozen=True, slots=True)
class Group:
    """All or any of several conditions."""

    is_all: bool
    parts: Sequence[Tree]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    part: Tree


Tree = Test | Group | Not


def fields_of(tree: Tree) -> list[str]:
    """What the condition tests, in order."""
    match tree:
        case Test():
            return [tree.field]
        case Not():
            return fields_of(tree.part)
    return [field for each in tree.parts for field in fields_of(each)]


def renamed(tree: Tree, name: Callable[[str], str], value: Callable[[Any], Any]) -> Tree:
    """The condition with other names for what it tests, and its values as templates of this language."""
    match tree:
        case Test():
            return replace(tree, field=name(tree.field), value=value(tree.value))
        case Not():
            return Not(renamed(tree.part, name, value))
    return Group(tree.is_all, tuple(renamed(each, name, value) for each in tree.parts))


def opposite(tree: Tree) -> Tree:
    """What holds exactly where `tree` does not, null included.

    Raises:
        Untold: for an operator that has none, such as starts_with.
    """
    match tree:
        case Not():
            return tree.part
        case Group():
            return Group(not tree.is_all, tuple(opposite(each) for each in tree.parts))
    if tree.operator in _OPPOSITES:
        return replace(tree, operator=_OPPOSITES[tree.operator])
    if tree.operator in _ORDERED:
        turned = replace(tree, operator=_ORDERED[tree.operator])
        if tree.field.endswith(".count}}"):
            return turned  # there is always a number of rows
        return Group(is_all=False, parts=(turned, Test(tree.field, "is_null")))
    raise Untold(f"the rows that {tree.operator} leaves have no operator of their own")
