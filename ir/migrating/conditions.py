"""Conditions of graphs and compiled steps, in any of the original's shapes, and as a FilterGroup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ir.migrating.condition_tree import OPERATORS, WITHOUT_VALUE, Group, Not, Test, Tree, Untold, opposite
from ir.migrating.text_conditions import parsed

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


def tree_of(written: Any) -> Tree:
    """The condition in any of the original's shapes.

    Raises:
        Untold: for prose, code that is more than a condition, or an operator that nobody knows.
    """
    if isinstance(written, list):
        return Group(is_all=True, parts=tuple(tree_of(each) for each in written))
    if isinstance(written, str):
        return parsed(written)
    if not isinstance(written, Mapping):
        raise Untold(f'"{written}" is no condition')
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
    if test.is_case_sensitive:
        found["case_sensitive"] = True
    return found
