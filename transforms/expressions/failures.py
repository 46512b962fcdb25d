"""Which parts of an expression may refuse a value when they run."""

from __future__ import annotations

from ir import types as t
from transforms.expressions.bounds import bounds, fits, result_bounds
from transforms.expressions.literals import INTEGER_RANGE
from transforms.expressions.tree import Apply, Node, Value
from transforms.expressions.widening import as_decimal

_DIGITS = 38


def can_fail(node: Node) -> bool:
    """Whether a value can stop the run: a cast that may not fit, a date that does not exist, a sum beyond 64 bits …"""
    if not isinstance(node, Apply) or node.function.kind != "scalar":
        return False
    if node.function.name == "cast":
        return _may_not_fit(node.args[0].type, node.type) or can_fail(node.args[0])
    return node.function.can_fail or _may_overflow(node) or any(can_fail(each) for each in node.args)


def _may_overflow(node: Apply) -> bool:
    name = node.function.name
    if name in {"round", "ceil", "floor"} and isinstance(node.type, t.Decimal):
        return node.type.precision == _DIGITS
    if isinstance(node.type, t.Integer):
        if name in {"+", "-", "*", "negative"}:
            return not fits(result_bounds(node))
        if name == "//":
            low, high = bounds(node.args[1])
            return low <= -1 <= high and bounds(node.args[0])[0] == INTEGER_RANGE[0]
        if name == "round":
            digits = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], Value) else 0
            return isinstance(digits, int) and digits < 0
        return name == "abs" and bounds(node.args[0])[0] == INTEGER_RANGE[0]
    if isinstance(node.type, t.Decimal) and name in {"+", "-", "*", "%"}:
        one, other = (as_decimal(each.type) for each in node.args)
        if name == "*":
            return one.precision + other.precision > _DIGITS
        whole = max(one.precision - one.scale, other.precision - other.scale)
        return whole + node.type.scale + (name != "%") > _DIGITS
    return False


def _may_not_fit(source: t.DataType, to: t.DataType) -> bool:
    match source, to:
        case ((t.String() | t.Json()), _):
            return True
        case ((t.Number() | t.Decimal()), (t.Integer() | t.Decimal())):
            return True
        case t.Integer(), t.Decimal(precision, scale):
            return precision - scale < 19
        case t.ListOf(one), t.ListOf(other):
            return _may_not_fit(one, other)
    return False
