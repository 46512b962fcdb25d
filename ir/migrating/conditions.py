"""Conditions of graphs and compiled steps as a tree, and the tree as a FilterGroup, also turned round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
_KNOWN = frozenset(
    {
        "equals",
        "not_equals",
        "greater_than",
        "less_than",
        "greater_than_or_equals",
        "less_than_or_equals",
        "contains",
        "not_contains",
        "starts_with",
        "ends_with",
        "matches_regex",
        "in",
        "not_in",
        "contains_any",
        "is_empty",
        "is_not_empty",
        "is_null",
        "is_not_null",
        "within_last_days",
        "between",
        "before",
        "after",
    }
)
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


def tree_of(written: Any) -> Tree:
    """The condition in any of the original's shapes.

    Raises:
        Untold: for prose, code, or an operator that nobody knows.
    """
    if isinstance(written, list):
        return Group(is_all=True, parts=tuple(tree_of(each) for each in written))
    if not isinstance(written, Mapping):
        raise Untold(f'the condition "{written}" is a text that is not carried out')
    kind = str(written.get("type") or written.get("conditionType") or "")
    for key, is_all in (("and", True), ("or", False)):
        if isinstance(written.get(key), list):
            return Group(is_all=is_all, parts=tuple(tree_of(each) for each in written[key]))
    if "not" in written:
        return Not(tree_of(written["not"]))
    inner = written.get("conditions")
    if isinstance(inner, list) or kind.startswith("complex"):
        word = str(written.get("operator") or written.get("combineWith") or kind.removeprefix("complex_")).lower()
        parts = tuple(tree_of(each) for each in (inner if isinstance(inner, list) else [written.get("condition")]))
        if word == "not":
            return Not(parts[0] if len(parts) == 1 else Group(is_all=True, parts=parts))
        return Group(is_all=word != "or", parts=parts)
    field = written.get("variable") or written.get("field")
    if not isinstance(field, str) or not field.strip():
        raise Untold("a condition names nothing that it tests")
    operator = str(written.get("operator") or "")
    operator = OPERATORS.get(operator, operator)
    if operator not in _KNOWN:
        raise Untold(f'"{operator}" is no operator')
    return Test(field.strip(), operator, None if operator in WITHOUT_VALUE else written.get("value"))


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
            return Test(name(tree.field), tree.operator, value(tree.value))
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
        return Test(tree.field, _OPPOSITES[tree.operator], tree.value)
    if tree.operator in _ORDERED:
        turned = Test(tree.field, _ORDERED[tree.operator], tree.value)
        return Group(is_all=False, parts=(turned, Test(tree.field, "is_null")))
    raise Untold(f"the rows that {tree.operator} leaves have no operator of their own")


def filter_group(tree: Tree) -> dict[str, Any]:
    """The condition as a FilterGroup.

    Raises:
        Untold: for a `not` over an operator that has no opposite.
    """
    tree = _without_not(tree)
    if isinstance(tree, Test):
        return {"conditions": [_condition(tree)]}
    assert isinstance(tree, Group)
    found: dict[str, Any] = {} if tree.is_all else {"combineWith": "OR"}
    if tests := [_condition(each) for each in tree.parts if isinstance(each, Test)]:
        found["conditions"] = tests
    if groups := [filter_group(each) for each in tree.parts if not isinstance(each, Test)]:
        found["groups"] = groups
    return found


def _without_not(tree: Tree) -> Tree:
    match tree:
        case Not():
            return _without_not(opposite(tree.part))
        case Group():
            return Group(tree.is_all, tuple(_without_not(each) for each in tree.parts))
    return tree


def _condition(test: Test) -> dict[str, Any]:
    found: dict[str, Any] = {"field": test.field, "operator": test.operator}
    if test.operator not in WITHOUT_VALUE:
        found["value"] = test.value
    return found
