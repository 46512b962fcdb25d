"""Which function an operator means between two types."""

from __future__ import annotations

from ir import types as t
from transforms.expressions.coercion import Misfit, convert
from transforms.expressions.literals import decimal_type
from transforms.expressions.tree import Node, Value
from transforms.expressions.widening import arithmetic_type

_ARITHMETIC = {"+", "-", "*", "/", "//", "%"}


def operation(operator: str, left: Node, right: Node) -> tuple[str, Node, Node] | Misfit:
    """The name of the function in the table, and the operands converted where both are numbers."""
    if operator == "||":
        if isinstance(left.type, t.Boolean) and isinstance(right.type, t.Boolean):
            return Misfit("|| joins texts, these are conditions", "write or")
        return operator, left, right
    if operator not in _ARITHMETIC:
        return operator, left, right
    found = _with_dates(operator, left, right)
    if found is not None:
        return found
    for side, node in enumerate((left, right)):
        if not isinstance(node.type, (*t.NUMERIC, t.Null)):
            return _no_number(operator, node, side)
    if isinstance(left.type, t.Null):
        left = Value(right.type if isinstance(right.type, t.NUMERIC) else t.Integer(), None)
    if isinstance(right.type, t.Null):
        right = Value(left.type, None)
    kind = arithmetic_type(operator, left.type, right.type)
    if kind is None:
        return Misfit(f"{left.type} * {right.type} has more than 38 digits behind the point",
                      "cast one of them to number or to fewer digits")  # fmt: skip
    if operator == "/" or isinstance(kind, t.Number) or (operator == "//" and isinstance(kind, t.Decimal)):
        return operator, convert(left, t.Number()), convert(right, t.Number())
    if isinstance(kind, t.Decimal):
        return operator, _exact(left), _exact(right)
    return operator, left, right


def _exact(node: Node) -> Node:
    """An integer beside a decimal: a constant by its own digits, anything else with the 19 of any integer."""
    if not isinstance(node.type, t.Integer):
        return node
    if isinstance(node, Value) and isinstance(node.value, int):
        from decimal import Decimal

        return convert(node, decimal_type(Decimal(node.value)))
    return convert(node, t.Decimal(19, 0))


def _no_number(operator: str, node: Node, side: int) -> Misfit:
    if isinstance(node.type, t.String) and operator == "+":
        hint = "write || to join texts"
    elif isinstance(node.type, t.String):
        hint = "write cast(… as number)"
    elif isinstance(node.type, t.Boolean):
        hint = "write case when … then 1 else 0 end"
    elif isinstance(node.type, t.TEMPORAL) and operator in {"+", "-"}:
        hint = "days are added as interval '7' day"
    else:
        hint = None
    return Misfit(f"{operator} takes numbers, this is {node.type}", hint, side)


def _with_dates(operator: str, left: Node, right: Node) -> tuple[str, Node, Node] | Misfit | None:
    """date ± interval and date - date; None when no date or duration takes part."""
    dates = (t.Date, t.Datetime)
    if isinstance(right.type, t.Duration) and operator in {"+", "-"}:
        if isinstance(left.type, dates):
            return f"date {operator} interval", left, right
        if isinstance(left.type, t.Duration):
            return f"duration {operator} duration", left, right
    if isinstance(left.type, t.Duration) and operator == "+" and isinstance(right.type, dates):
        return "date + interval", right, left
    if operator == "-" and isinstance(left.type, dates) and isinstance(right.type, dates):
        if isinstance(left.type, t.Date) and isinstance(right.type, t.Date):
            return "date - date", left, right
        return "datetime - datetime", left, right
    if (
        operator == "-"
        and isinstance(left.type, dates)
        and isinstance(right, Value)
        and isinstance(right.type, t.String)
    ):
        return ("date - date" if isinstance(left.type, t.Date) else "datetime - datetime"), left, right
    return None
