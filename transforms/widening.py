"""The one type that holds the values of several: union, merge and unpivot bring columns together."""

from __future__ import annotations

from ir.types import DataType, Decimal, Integer, Json, ListOf, Null, Number, String


def widened(first: DataType, second: DataType) -> DataType | None:
    """The narrowest type for both without loss of meaning, or None where a cast has to say what is meant.

    Integer widens to decimal and number, decimal to number; nothing becomes text silently.
    """
    if first == second or isinstance(second, Null):
        return first
    if isinstance(first, Null):
        return second
    match first, second:
        case (Integer(), Number()) | (Number(), Integer()) | (Decimal(), Number()) | (Number(), Decimal()):
            return Number()
        case (Integer(), Decimal() as exact) | (Decimal() as exact, Integer()):
            return Decimal(38, exact.scale)
        case Decimal(), Decimal():
            scale = max(first.scale, second.scale)
            whole = max(first.precision - first.scale, second.precision - second.scale)
            return Decimal(min(38, whole + scale), scale)
        case (String(), Json()) | (Json(), String()):
            return String()
        case ListOf(item), ListOf(other):
            inner = widened(item, other)
            return None if inner is None else ListOf(inner)
    return None
