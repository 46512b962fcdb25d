"""Expression trees looked at and rebuilt part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ir import expressions as e

Rewrite = Callable[[e.Expression], e.Expression | None]
"""The expression to stand instead, or None to go on with its parts."""


def parts(tree: e.Expression) -> Iterator[e.Expression]:
    """The expressions directly below `tree`."""
    for each in fields(tree):
        yield from _expressions(getattr(tree, each.name))


def _expressions(value: Any) -> Iterator[e.Expression]:
    if isinstance(value, e.SortItem):
        yield value.value
    elif isinstance(value, tuple):
        for each in value:
            yield from _expressions(each)
    elif isinstance(value, e.Expression):
        yield value


def rewritten(tree: e.Expression, rewrite: Rewrite) -> e.Expression:
    """`tree` with every part replaced that `rewrite` has something for, from the top down."""
    found = rewrite(tree)
    return found if found is not None else below(tree, rewrite)


def below(tree: e.Expression, rewrite: Rewrite) -> e.Expression:
    """`tree` itself, with what stands in it rewritten."""
    changed = {}
    for each in fields(tree):
        before = getattr(tree, each.name)
        after = _rewritten(before, rewrite)
        if after is not before:
            changed[each.name] = after
    return replace(tree, **changed) if changed else tree


def _rewritten(value: Any, rewrite: Rewrite) -> Any:
    if isinstance(value, e.SortItem):
        found = rewritten(value.value, rewrite)
        return value if found is value.value else replace(value, value=found)
    if isinstance(value, tuple):
        after = tuple(_rewritten(each, rewrite) for each in value)
        return value if all(one is other for one, other in zip(after, value, strict=True)) else after
    return rewritten(value, rewrite) if isinstance(value, e.Expression) else value


def shape(tree: Any) -> object:
    """What two trees share that say the same in different places."""
    if isinstance(tree, tuple):
        return tuple(shape(each) for each in tree)
    if not is_dataclass(tree) or not isinstance(tree, e.Expression | e.SortItem):
        return (type(tree), tree)
    return (type(tree), *(shape(getattr(tree, each.name)) for each in fields(tree) if each.name not in _PLACES))


_PLACES = {"span", "quoted"}


def conjuncts(condition: e.Expression) -> list[e.Expression]:
    """The conditions that `and` joins at the top."""
    if isinstance(condition, e.Logic) and condition.operator == "and":
        return [each for term in condition.terms for each in conjuncts(term)]
    return [condition]


def conjunction(conditions: list[e.Expression]) -> e.Expression:
    """All of them joined by `and`."""
    if len(conditions) == 1:
        return conditions[0]
    return e.Logic("and", tuple(conditions), (conditions[0].span[0], conditions[-1].span[1]))


def columns_in(tree: e.Expression) -> Iterator[e.Column]:
    """Every column path in `tree`."""
    if isinstance(tree, e.Column):
        yield tree
    for each in parts(tree):
        yield from columns_in(each)


def column(name: str, span: tuple[int, int]) -> e.Column:
    """A column by its exact name."""
    return e.Column((name,), span, quoted=True)
