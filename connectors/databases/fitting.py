"""Which of our types a column of a table takes: values of its own kind only, and those without a loss."""

from __future__ import annotations

from connectors.databases.writing import TargetColumn
from ir import types as t


def fits(kind: t.DataType, column: TargetColumn) -> bool:
    """Whether every value of `kind` is of the column's kind and keeps its digits.

    Whether it is short or small enough is the value's matter, and the database's to say.
    """
    if isinstance(kind, t.Null) or type(kind) in column.also:
        return True
    return column.type is not None and _holds(column.type, kind)


def _holds(column: t.DataType, kind: t.DataType) -> bool:
    match column, kind:
        case t.Decimal(_, places), t.Decimal(_, scale):
            return scale <= places
        case t.Decimal(), t.Integer():
            return True
        case t.ListOf(held), t.ListOf(item):
            return _holds(held, item)
    return column == kind


def cast_for(kind: t.DataType, column: TargetColumn) -> str | None:
    """The type to cast to so that the values fit, as a cast writes it; None where no cast helps."""
    if column.type is None or isinstance(kind, t.Struct | t.ListOf | t.File) or isinstance(column.type, t.ListOf):
        return None
    if isinstance(column.type, t.Decimal):
        precision, scale = min(column.type.precision, 38), column.type.scale
        return f"decimal({precision},{scale})" if scale < precision else "decimal(38,10)"
    return str(column.type)
