"""Between which integers a node's values lie, so that only arithmetic that can overflow pays for a check."""

from __future__ import annotations

from ir import types as t
from transforms.expressions.literals import INTEGER_RANGE
from transforms.expressions.tree import Apply, Node, Value

Range = tuple[int, int]


def bounds(node: Node) -> Range:
    """The range of an integer node's values; all 64 bits where nothing narrower is known."""
    if isinstance(node, Value) and isinstance(node.value, int):
        return (node.value, node.value)
    if isinstance(node, Apply):
        if node.function.bounds is not None:
            return node.function.bounds
        if node.function.name == "cast" and isinstance(node.args[0].type, t.Boolean):
            return (0, 1)
        if node.function.name in {"+", "-", "*", "negative"}:
            found = result_bounds(node)
            if fits(found):
                return found
    return INTEGER_RANGE


def result_bounds(node: Apply) -> Range:
    """What + - * on the arguments' ranges can come to, before any overflow."""
    low, high = bounds(node.args[0])
    if node.function.name == "negative":
        return (-high, -low)
    other_low, other_high = bounds(node.args[1])
    match node.function.name:
        case "+":
            return (low + other_low, high + other_high)
        case "-":
            return (low - other_high, high - other_low)
    corners = [one * other for one in (low, high) for other in (other_low, other_high)]
    return (min(corners), max(corners))


def fits(found: Range) -> bool:
    return INTEGER_RANGE[0] <= found[0] and found[1] <= INTEGER_RANGE[1]
