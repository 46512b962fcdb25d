"""Expressions that compiled steps write as objects, as expressions of this language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ir.dialects.expressions import column
from ir.migrating.condition_tree import WITHOUT_VALUE, Group, Not, Test, Tree, Untold
from ir.migrating.conditions import tree_of
from ir.migrating.meanings import Meanings, split

_SIGNS = {
    "equals": "=",
    "greater_than": ">",
    "less_than": "<",
    "greater_than_or_equals": ">=",
    "less_than_or_equals": "<=",
}


class Unwritten(Exception):
    """An expression that has no words; the text says why."""


def expression_of(written: Any, meanings: Meanings) -> str:
    """The expression as text.

    Raises:
        Unwritten: for a kind that is not known.
    """
    if not isinstance(written, Mapping):
        return _value(written, meanings)
    kind = str(written.get("kind") or written.get("type") or "")
    parts = [expression_of(each, meanings) for each in _list(written, "parts", "values", "args", "fields")]
    match kind:
        case "literal":
            return literal(written.get("value"))
        case "ref":
            return _reference(str(written.get("path") or written.get("field") or written.get("ref") or ""))
        case "config":
            return f"inputs.{meanings.input_named(str(written.get('key') or written.get('path') or ''))}"
        case "concat":
            return f"concat({', '.join(parts)})"
        case "if":
            then, other = (expression_of(written.get(key), meanings) for key in ("then", "else"))
            return f"case when {_condition(written.get('condition'), meanings)} then {then} else {other} end"
        case "today":
            return "today()"
        case "null_check":
            of = written.get("of") or written.get("value") or written.get("field") or written.get("path")
            return f"{expression_of(of, meanings) if isinstance(of, Mapping) else _reference(str(of))} is not null"
        case "all_not_null":
            return " and ".join(f"{each} is not null" for each in parts) or "true"
        case "date_diff":
            unit = str(written.get("unit") or "day").rstrip("s")
            first, second = (written.get(key) for key in _pair(written))
            return f"date_diff('{unit}', {expression_of(first, meanings)}, {expression_of(second, meanings)})"
        case "date_add":
            unit = str(written.get("unit") or "day").rstrip("s")
            amount = written.get("amount", written.get("days", 0))
            start = written.get("date", written.get("from", written.get("field")))
            return f"{expression_of(start, meanings)} + interval '{_whole(amount)}' {unit}"
    raise Unwritten(f'"{kind or written}" is no kind of expression')


def literal(value: Any) -> str:
    """A value as an expression."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return getattr(value, "text", None) or str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _value(written: Any, meanings: Meanings) -> str:
    if isinstance(written, str) and written.startswith("{{"):
        root, *rest = split(written)
        if root in ("config", "input", "inputs") and rest:
            return f"inputs.{meanings.input_named(rest[0])}"
        return _reference(written)
    return literal(written)


def _reference(path: str) -> str:
    parts = [each for each in split(path) if each]
    parts = parts[1:] if len(parts) > 1 and parts[0] in ("item", "current") else parts
    if not parts:
        raise Unwritten("a reference names nothing")
    return ".".join(column(each) for each in parts)


def _condition(written: Any, meanings: Meanings) -> str:
    try:
        return _told(tree_of(written), meanings)
    except Untold as problem:
        raise Unwritten(str(problem)) from problem


def _told(tree: Tree, meanings: Meanings) -> str:
    match tree:
        case Group():
            return "(" + (" and " if tree.is_all else " or ").join(_told(each, meanings) for each in tree.parts) + ")"
        case Not():
            return f"not coalesce({_told(tree.part, meanings)}, false)"
    return _test(tree, meanings)


def _test(test: Test, meanings: Meanings) -> str:
    name = _reference(test.field)
    if test.operator in WITHOUT_VALUE:
        words = {"is_null": "is null", "is_not_null": "is not null"}.get(test.operator)
        if words is None:
            raise Unwritten(f"{test.operator} depends on the type of {name}")
        return f"{name} {words}"
    value = _value(test.value, meanings)
    if test.operator == "not_equals":
        return f"({name} <> {value} or {name} is null)"
    if test.operator == "contains":
        return f"contains(lower({name}), lower({value}))"
    if test.operator in ("starts_with", "ends_with"):
        return f"{test.operator}({name}, {value})"
    if test.operator not in _SIGNS:
        raise Unwritten(f"{test.operator} has no word in an expression")
    return f"{name} {_SIGNS[test.operator]} {value}"


def _list(written: Mapping[str, Any], *keys: str) -> list[Any]:
    return next((list(written[key]) for key in keys if isinstance(written.get(key), list)), [])


def _pair(written: Mapping[str, Any]) -> tuple[str, str]:
    for pair in (("from", "to"), ("start", "end"), ("left", "right"), ("a", "b")):
        if all(each in written for each in pair):
            return pair
    raise Unwritten("a difference of dates names no two dates")


def _whole(amount: Any) -> int:
    if isinstance(amount, Mapping):
        amount = amount.get("value")
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise Unwritten("a number of days that is no whole number")
    return amount
