"""Which parts of an expression may refuse a value when they run."""

from __future__ import annotations

from ir import types as t
from transforms.expressions.tree import Apply, Node


def can_fail(node: Node) -> bool:
    """Whether a value can stop the run: a cast that may not fit, a date that does not exist …

    Too large an integer stops a run as well, but is not looked for here: the price would be a test in every case
    that computes, for a difference between engines that only ends in the same error or none.
    """
    if not isinstance(node, Apply) or node.function.kind != "scalar":
        return False
    if node.function.name == "cast":
        return _may_not_fit(node.args[0].type, node.type) or can_fail(node.args[0])
    return node.function.can_fail or any(can_fail(each) for each in node.args)


def _may_not_fit(source: t.DataType, to: t.DataType) -> bool:
    match source, to:
        case ((t.String() | t.Json()), _):
            return True
        case ((t.Number() | t.Decimal()), (t.Integer() | t.Decimal())):
            return True
        case t.Integer(), t.Decimal(precision, scale):
            return precision - scale < 19
    return False
