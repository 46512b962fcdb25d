"""The same expression in fewer words: what a lowering writes for safety, and a person would leave out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.polars_code.nodes import Attribute, Binary, Call, Item, Name, Node, Unary

_TAKE_MANY = {"select", "with_columns", "agg", "group_by", "filter", "drop", "sort", "over", "coalesce"}
"""Methods of frames and expressions that take columns one by one as well as in a list."""
_NAMES_ARE_COLUMNS = {"select", "with_columns", "group_by", "sort", "over"}
_ONE_FOR_ALL = {"descending", "nulls_last"}


def plainer(node: Any) -> Any:
    """A tree that means the same."""
    match node:
        case Attribute():
            return replace(node, target=plainer(node.target))
        case Item():
            return replace(node, target=plainer(node.target), key=plainer(node.key))
        case Binary():
            return replace(node, left=plainer(node.left), right=plainer(node.right))
        case Unary():
            return replace(node, operand=plainer(node.operand))
        case Call():
            return _call(node)
        case list() | tuple():
            return type(node)(plainer(each) for each in node)
        case dict():
            return {key: plainer(each) for key, each in node.items()}
    return node


def _call(node: Call) -> Node:
    function, args = plainer(node.function), tuple(plainer(each) for each in node.args)
    named = {name: plainer(each) for name, each in (node.named or {}).items()}
    method = function.name if isinstance(function, Attribute) else ""
    if method == "alias" and _is_column(function.target) and args == function.target.args:
        return function.target  # type: ignore[no-any-return]
    if method.startswith("scan_") and isinstance(args[0], list) and len(args[0]) == 1:
        args = (args[0][0], *args[1:])
    if method in _TAKE_MANY and len(args) == 1 and isinstance(args[0], list | tuple) and args[0]:
        args = tuple(args[0])
    if method in _NAMES_ARE_COLUMNS:
        args = tuple(each.args[0] if _is_column(each) else each for each in args)
    if method == "sort":
        named = {name: _one_for_all(each) if name in _ONE_FOR_ALL else each for name, each in named.items()}
        named = {name: each for name, each in named.items() if each is not False}
    return Call(function, args, named)


def _one_for_all(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value and all(each == value[0] for each in value) else value


def _is_column(node: Any) -> bool:
    """Whether it is `pl.col("name")`."""
    return (
        isinstance(node, Call)
        and node.function == Attribute(Name("pl"), "col")
        and len(node.args) == 1
        and isinstance(node.args[0], str)
        and not node.named
    )
