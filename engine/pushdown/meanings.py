"""What each dialect's comparisons mean, and how ours are said in it; what is not said here is not pushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from connectors.databases.column import Column
from connectors.databases.database import SqlDatabase
from connectors.databases.parameters import bound
from engine.pushdown.refusal import NotPushed
from ir import types as t
from transforms import sql
from transforms.expressions import sql_parts

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression


class Meaning:
    """One dialect. Texts are equal and ordered by code point, as docs/semantics.md says, in every one."""

    title: str
    types: tuple[type[t.DataType], ...]
    """Of columns that it compares as we do, where the column is exact."""
    aggregated: frozenset[str]
    """The aggregates that come to the same."""
    sums_decimals = True

    def __init__(self, database: SqlDatabase) -> None:
        self.database = database

    def value(self, column: Column, place: Sql) -> Sql:
        """A column's value to work on."""
        if not column.exact or not isinstance(column.type, self.types):
            raise NotPushed(f'"{column.name}" is {column.native}, which {self.title} does not compare as we do')
        if column.asked is not None and isinstance(column.type, t.String):
            return column.asked.copy()
        return place

    def constant(self, value: Any, kind: t.DataType) -> Sql:
        """A constant: the words true, false and null stand in the statement, all else is bound."""
        from sqlglot import exp

        if value is None:
            return exp.null()
        if isinstance(value, bool):
            return exp.Boolean(this=value)
        return bound(value)

    def as_double(self, value: Sql) -> Sql:
        return sql_parts.cast(value, t.Number())

    def as_datetime(self, value: Sql) -> Sql:
        return sql_parts.cast(value, t.Datetime())

    def equal(self, left: Sql, right: Sql, kind: t.DataType) -> Sql:
        return sql_parts.binary("=", left, right)

    def one_of(self, value: Sql, choices: Sequence[Sql], kind: t.DataType) -> Sql:
        from sqlglot import exp

        return exp.In(this=sql_parts.wrap(value), expressions=list(choices))

    def in_order(self, value: Sql, kind: t.DataType) -> Sql:
        """The value for comparing by order and for sorting."""
        return self.database.by_code_point(value) if isinstance(kind, t.String) else value

    def group_key(self, value: Sql, kind: t.DataType) -> tuple[Sql, Sql]:
        """What rows are grouped by, and the group's value of it."""
        return value, value.copy()

    def extreme(self, name: str, value: Sql, kind: t.DataType) -> Sql:
        return sql.call(name, self.in_order(value, kind))

    def contains(self, text: Sql, part: Sql) -> Sql:
        raise NotImplementedError

    def starts_with(self, text: Sql, part: str) -> Sql:
        raise NotImplementedError

    def ends_with(self, text: Sql, part: str) -> Sql:
        raise NotImplementedError


_COUNTED = {"all rows", "count", "min", "max", "sum"}


class Postgres(Meaning):
    """NaN is null here and greater than every number there; text is compared by the collation, and equal bytes only."""

    title = "PostgreSQL"
    types = (t.Integer, t.Number, t.Decimal, t.String, t.Boolean, t.Date, t.Datetime, t.Time)
    aggregated = frozenset(_COUNTED | {"avg", "bool_and", "bool_or"})

    def value(self, column: Column, place: Sql) -> Sql:
        found = super().value(column, place)
        if isinstance(column.type, t.Number):
            return sql.call("nullif", found, sql_parts.cast(sql.text("NaN"), t.Number()))
        return found

    def contains(self, text: Sql, part: Sql) -> Sql:
        return sql_parts.binary(">", sql.call("strpos", text, part), sql.integer(0))

    def starts_with(self, text: Sql, part: str) -> Sql:
        return sql_parts.binary("=", sql.call("left", text, sql.integer(len(part))), bound(part))

    def ends_with(self, text: Sql, part: str) -> Sql:
        return sql_parts.binary("=", sql.call("right", text, sql.integer(len(part))), bound(part))


class MySql(Meaning):
    """Texts are compared whatever their case and blanks at the end, unless as bytes."""

    title = "MySQL"
    types = (t.Integer, t.Number, t.Decimal, t.String, t.Date, t.Datetime)
    aggregated = frozenset(_COUNTED | {"avg"})

    def value(self, column: Column, place: Sql) -> Sql:
        if isinstance(column.type, t.Datetime) and column.type.zoned:
            raise NotPushed(f'"{column.name}" is {column.native}, which depends on the time zone of a connection')
        return super().value(column, place)

    def as_double(self, value: Sql) -> Sql:
        return sql_parts.binary("+", value, sql_parts.literal(0.0, t.Number()))

    def equal(self, left: Sql, right: Sql, kind: t.DataType) -> Sql:
        if not isinstance(kind, t.String):
            return sql_parts.binary("=", left, right)
        # what is equal as bytes is equal by the collation, too: that way an index is of use
        bytes_equal = sql_parts.binary("=", self._bytes(left.copy()), self._bytes(right.copy()))
        return sql_parts.wrap(sql_parts.binary("and", sql_parts.binary("=", left, right), bytes_equal))

    def one_of(self, value: Sql, choices: Sequence[Sql], kind: t.DataType) -> Sql:
        if not isinstance(kind, t.String):
            return super().one_of(value, choices, kind)
        as_bytes = super().one_of(self._bytes(value.copy()), [self._bytes(each.copy()) for each in choices], kind)
        return sql_parts.wrap(sql_parts.binary("and", super().one_of(value, choices, kind), as_bytes))

    def _bytes(self, value: Sql) -> Sql:
        return self.database.by_code_point(value)

    def group_key(self, value: Sql, kind: t.DataType) -> tuple[Sql, Sql]:
        if not isinstance(kind, t.String):
            return value, value.copy()
        return self._bytes(value), sql.call("min", value.copy())

    def contains(self, text: Sql, part: Sql) -> Sql:
        return sql_parts.binary(">", sql.call("instr", self._bytes(text), self._bytes(part)), sql.integer(0))

    def starts_with(self, text: Sql, part: str) -> Sql:
        size = sql.integer(len(part.encode()))
        return sql_parts.binary("=", sql.call("left", self._bytes(text), size), self._bytes(bound(part)))

    def ends_with(self, text: Sql, part: str) -> Sql:
        size = sql.integer(len(part.encode()))
        return sql_parts.binary("=", sql.call("right", self._bytes(text), size), self._bytes(bound(part)))


class Sqlite(Meaning):
    """A decimal is a float there, and dates are texts."""

    title = "SQLite"
    types = (t.Integer, t.Number, t.String)
    aggregated = frozenset(_COUNTED)
    sums_decimals = False

    def constant(self, value: Any, kind: t.DataType) -> Sql:
        if isinstance(value, Decimal):
            # beside integers, which SQLite compares with floats by their value
            if Fraction(float(value)) != Fraction(value):
                raise NotPushed(f"SQLite has no {value}")
            value = float(value)
        return super().constant(value, kind)

    def equal(self, left: Sql, right: Sql, kind: t.DataType) -> Sql:
        return sql_parts.binary("=", self.in_order(left, kind), right)

    def one_of(self, value: Sql, choices: Sequence[Sql], kind: t.DataType) -> Sql:
        return super().one_of(self.in_order(value, kind), choices, kind)

    def group_key(self, value: Sql, kind: t.DataType) -> tuple[Sql, Sql]:
        return self.in_order(value, kind), value.copy()

    def contains(self, text: Sql, part: Sql) -> Sql:
        return sql_parts.binary(">", sql.call("instr", text, part), sql.integer(0))

    def starts_with(self, text: Sql, part: str) -> Sql:
        size = sql.integer(len(part))
        return sql_parts.binary("=", sql.call("substr", text, sql.integer(1), size), bound(part))

    def ends_with(self, text: Sql, part: str) -> Sql:
        raise NotPushed("SQLite ends a text at its first NUL")


MEANINGS: Mapping[str, type[Meaning]] = {"postgres": Postgres, "mysql": MySql, "sqlite": Sqlite}


def meaning_of(database: SqlDatabase) -> Meaning:
    return MEANINGS[database.dialect](database)
