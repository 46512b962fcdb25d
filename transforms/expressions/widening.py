"""Which type holds the values of several: the rules by which types meet in one expression."""

from __future__ import annotations

from collections.abc import Sequence

from ir import types as t

INTEGER_DIGITS = 19


def common_type(kinds: Sequence[t.DataType]) -> t.DataType | None:
    """The type that holds all of `kinds` without loss of meaning, or None when there is none.

    Integer widens to decimal, both to number; date to datetime; null to anything. Nothing becomes text by itself.
    """
    found: t.DataType = t.Null()
    for kind in kinds:
        wider = _pair(found, kind)
        if wider is None:
            return None
        found = wider
    return found


def _pair(left: t.DataType, right: t.DataType) -> t.DataType | None:
    if left == right or isinstance(right, t.Null):
        return left
    match left, right:
        case t.Null(), _:
            return right
        case (t.Number(), t.Integer() | t.Decimal()) | (t.Integer() | t.Decimal(), t.Number()):
            return t.Number()
        case ((t.Decimal() | t.Integer()), (t.Decimal() | t.Integer())):
            return _meet(as_decimal(left), as_decimal(right))
        case (t.Date(), t.Datetime()):
            return right
        case (t.Datetime(), t.Date()):
            return left
        case ((t.String() | t.Json()), (t.String() | t.Json())):
            return t.String()
        case t.ListOf(one), t.ListOf(other):
            item = _pair(one, other)
            return None if item is None else t.ListOf(item)
        case t.Struct(some), t.Struct(others) if [name for name, _ in some] == [name for name, _ in others]:
            pairs = [(name, _pair(one, other)) for (name, one), (_, other) in zip(some, others, strict=True)]
            return t.Struct(tuple((name, kind) for name, kind in pairs if kind)) if all(k for _, k in pairs) else None
    return None


def as_decimal(kind: t.DataType) -> t.Decimal:
    """An integer as the decimal that holds every integer."""
    return kind if isinstance(kind, t.Decimal) else t.Decimal(INTEGER_DIGITS, 0)


def _meet(left: t.Decimal, right: t.Decimal) -> t.Decimal:
    scale = max(left.scale, right.scale)
    whole = max(left.precision - left.scale, right.precision - right.scale)
    return t.Decimal(min(38, whole + scale), scale)


def arithmetic_type(operator: str, left: t.DataType, right: t.DataType) -> t.DataType | None:
    """The result of + - * % on two numeric types; None when the decimals' scales exceed 38 digits."""
    if isinstance(left, t.Number) or isinstance(right, t.Number):
        return t.Number()
    if isinstance(left, t.Integer) and isinstance(right, t.Integer):
        return t.Integer()
    one, other = as_decimal(left), as_decimal(right)
    if operator == "*":
        scale = one.scale + other.scale
        return t.Decimal(min(38, one.precision + other.precision), scale) if scale <= 38 else None
    met = _meet(one, other)
    if operator in {"%", "//"}:
        return met
    return t.Decimal(min(38, met.precision + 1), met.scale)
