"""What a condition tests, in the names of the new document: a column of rows, a count, a value of the run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ir.migrating.condition_tree import Group, Not, Test, Tree, Untold
from ir.migrating.draft import Where
from ir.migrating.meanings import Kind, Unmeant, in_templates, split

_ODD = re.compile(r"""^item\[(['"])([^'".\[\]]+)\1\]$""")
"""A column whose name is no word."""
_NUMBERS = frozenset({"count", "sum", "avg"})
_INPUTS = ("input", "inputs", "config", "var")
_ORDERS: dict[str, Callable[[float], bool]] = {
    "greater_than": lambda value: value < 0,
    "greater_than_or_equals": lambda value: value <= 0,
    "less_than": lambda value: value > 0,
    "less_than_or_equals": lambda value: value >= 0,
}
"""Whether 0, which null counted as in JavaScript, is on that side of a number."""
_ALONE = '"{}" alone is no comparison: JavaScript takes null, 0, "" and false for no, and all else for yes'
_SOME = frozenset({("greater_than", 0), ("greater_than_or_equals", 1), ("not_equals", 0)})
_NONE = frozenset({("equals", 0), ("less_than", 1), ("less_than_or_equals", 0)})


def resolved(tree: Tree, where: Where, said: Callable[[str], None]) -> Tree:
    """The condition with the names of the new document; `said` hears of values that mean nothing.

    Raises:
        Untold, Unmeant: for what has no words here.
    """
    match tree:
        case Not():
            return Not(resolved(tree.part, where, said))
        case Group():
            return Group(tree.is_all, tuple(resolved(each, where, said) for each in tree.parts))
    return _test(tree, where, said)


def with_lengths(tree: Tree) -> Tree:
    """The condition of a filter, whose paths are columns, with what asks for lengths as operators.

    Raises:
        Untold: for a path alone, and for a length that is compared with more than 0.
    """
    match tree:
        case Not():
            return Not(with_lengths(tree.part))
        case Group():
            return Group(tree.is_all, tuple(with_lengths(each) for each in tree.parts))
    if tree.operator == "is_true":
        raise Untold(_ALONE.format(tree.field))
    return _length(tree, tree.field.removesuffix(".length")) if split(tree.field)[-1] == "length" else tree


def _test(test: Test, where: Where, said: Callable[[str], None]) -> Tree:
    field = _field(test.field, where)
    is_column = not field.startswith("{{")
    if test.operator == "is_true":
        return _true(test, field, where)
    if is_column and split(test.field)[-1] == "length":
        return _length(test, field.removesuffix(".length"))
    other = test.value
    if isinstance(other, str) and other.startswith("{{") and other.endswith("}}") and other.count("{{") == 1:
        try:
            name = _field(other[2:-2], where)
        except Unmeant as problem:
            said(str(problem))
            return replace(test, field=field)
        if not name.startswith("{{"):
            return _columns(test, field, name, is_column)
        return replace(test, field=field, value=name)
    return replace(test, field=field, value=in_templates(other, where.meanings, said))


def _columns(test: Test, field: str, name: str, is_column: bool) -> Tree:
    """A test against a column of the same row."""
    if is_column:
        return replace(test, field=field, value={"column": name})
    turned = {"greater_than": "less_than", "less_than": "greater_than"}
    turned |= {f"{each}_or_equals": f"{other}_or_equals" for each, other in turned.items()}
    operator = turned.get(test.operator, test.operator)
    if operator not in (*turned, "equals", "not_equals"):
        raise Untold(f"{test.operator} of a value of the run and the column {name} has no words")
    return replace(test, field=name, operator=operator, value=field)


def _true(test: Test, field: str, where: Where) -> Tree:
    """A path alone, which JavaScript takes for true unless it is null, 0, "" or false: told where it is a number."""
    known = where.meanings.known.get(split(test.field)[0])
    if known is not None and field == f"{{{{{known.name}.count}}}}" and known.kind is Kind.ROWS:
        return Test(field, "greater_than", 0)
    if known is not None and known.kind is Kind.VALUE and known.column in _NUMBERS:
        return Group(is_all=True, parts=(Test(field, "is_not_null"), Test(field, "not_equals", 0)))
    if known is not None and known.kind is Kind.ROWS and field == f"{{{{{known.name}}}}}":
        raise Untold(
            f'"{test.field}" alone is true in JavaScript also where there are no rows (is a count meant? write '
            f"{field[:-2]}.count}}}} greater_than 0)"
        )
    raise Untold(
        f'"{test.field}" alone is no comparison: JavaScript takes null, 0, "" and false for no, and all else for yes'
    )


def _length(test: Test, column: str) -> Tree:
    """How long a text or list of a row is: told where it only asks whether there is something in it."""
    asked = (test.operator, test.value) if isinstance(test.value, int) else None
    if asked == ("equals", 0):  # null.length was null, which does not equal 0
        return Group(is_all=True, parts=(Test(column, "is_empty"), Test(column, "is_not_null")))
    if asked == ("not_equals", 0):
        return Group(is_all=False, parts=(Test(column, "is_not_empty"), Test(column, "is_null")))
    if asked in _SOME:
        return Test(column, "is_not_empty")
    if asked in _NONE:
        return Test(column, "is_empty")
    raise Untold(f"how long {column} is has no operator (write a column of it first: length({column}) in a map)")


def _field(field: str, where: Where) -> str:
    """A column of the rows that are looped over, or a single value in braces."""
    meanings = where.meanings
    if "{{" in field and not (field.startswith("{{") and field.endswith("}}") and field.count("{{") == 1):
        raise Unmeant(f'the column that "{field}" names is known only when it runs')
    field = field[2:-2].strip() if field.startswith("{{") else field
    root = split(field)[0]
    found = meanings.known.get(root)
    if meanings.frame is not None:
        if found is None and root not in _INPUTS:
            return field
        if found is not None and found.kind in (Kind.ROW, Kind.COLUMN):
            return _ODD.sub(r"\2", meanings.path(field))
    return "{{" + meanings.path(field) + "}}"


def differences(tree: Tree) -> list[str]:
    """What the condition means otherwise than the original did, once each."""
    match tree:
        case Not():
            return differences(tree.part)
        case Group():
            return list(dict.fromkeys(said for each in tree.parts for said in differences(each)))
    found = [tree.said] if tree.said else []
    name = tree.field.strip("{}")
    if isinstance(tree.value, dict) and tree.operator in ("equals", "not_equals"):
        found.append(f"null equalled null in the original: here {name} without a value equals nothing")
    takes_zero = _ORDERS.get(tree.operator)
    if takes_zero is None or tree.field.endswith(".count}}") or tree.field == "{{count}}":
        return found
    if isinstance(tree.value, dict):
        found.append(f"null counted as 0 in the original: here {name} without a value is neither less nor greater")
    elif _is_number(tree.value) and takes_zero(tree.value):
        word = "less" if tree.operator.startswith("less") else "greater"
        found.append(
            f"null counted as 0 in the original, and so as {word} than {tree.value}: here {name} without a value is not"
        )
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
