"""The conditions of a conditional as expressions, and which rows each of its branches has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.conditionals.named import named_values
from ir import types as t
from ir.diagnostics import Pointer
from ir.model.conditionals import OriginalCondition
from ir.model.filters import FilterGroup
from transforms.building import Building
from transforms.conditions import bind_condition, bind_filter, combined, describe
from transforms.expressions import Bound, Scope, coercion
from transforms.expressions.functions import OPERATORS
from transforms.expressions.tree import Apply, Node, Value, columns_of, values_of
from transforms.filter import count_texts
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler

Condition = FilterGroup | OriginalCondition


def bound_condition(condition: Condition, data: Frame, at: Pointer, name: str, compiler: Compiler) -> Bound | None:
    """The condition over the columns of `data`; None after errors at their places."""
    building = compiler.building(at, name)
    named = named_values(condition, compiler, building)
    scope = replace(building.scope(data.schema), named=named)
    if isinstance(condition, OriginalCondition):
        root = _original(condition, scope, building, at)
        return None if root is None else as_bound(root, describe(condition.as_filter()))
    found = bind_filter(condition, scope, problems=building.problems, at=at)
    if found is not None:
        count_texts(condition, data, building, at)
    return found


def _original(condition: OriginalCondition, scope: Scope, building: Building, at: Pointer) -> Node | None:
    """A condition in the original's form, whose parts are reported where they stand."""
    if condition.type == "simple":
        [test] = condition.as_filter().conditions
        return bind_condition(test, scope, building.problems, at)
    terms = [_original(each, scope, building, (*at, "conditions", index))
             for index, each in enumerate(condition.conditions)]  # fmt: skip
    known = [each for each in terms if each is not None]
    if len(known) < len(terms):
        return None
    return combined(condition.combineWith, known, timezone=scope.timezone)


def as_bound(root: Node, text: str) -> Bound:
    return Bound(root, text, columns_of(root), False, values=values_of(root))


def call(function: str, *args: Node) -> Apply:
    """A function of the table on arguments that fit it."""
    found = coercion.apply(OPERATORS[function], args, timezone="UTC")
    assert isinstance(found, Apply)
    return found


def holds(root: Node) -> Node:
    """Whether it is true; null is not."""
    return call("coalesce", root, Value(t.Boolean(), False))


def first_of(conditions: Sequence[Node]) -> list[Node]:
    """For each condition whether it is the first that holds, then whether none does: exactly one of all is true."""
    found: list[Node] = []
    none_before: list[Node] = []
    for each in conditions:
        found.append(_all([*none_before, holds(each)]))
        none_before.append(call("not", holds(each)))
    return [*found, _all(none_before)]


def _all(terms: Sequence[Node]) -> Node:
    return combined("AND", terms, timezone="UTC")
