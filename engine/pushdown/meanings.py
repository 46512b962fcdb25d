"""What each dialect's comparisons mean, and how ours are said in it; what is not said here is not pushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
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
    computes_decimals = True
    """Whether sums and products of decimals are exact."""
    parts: frozenset[str] = frozenset()
    """The functions of dates that it has."""

    def __init__(self, database: SqlDatabase) -> None:
        self.database = database

    def value(self, column: Column, place: Sql) -> Sql:
        """A column's value to work on."""
        if not isinstance(column.type, self.types) or not (column.exact or self.is_made_exact(column)):
            raise NotPushed(f'"{column.name}" is {column.native}, which {self.title} does not compare as we do')
        if column.asked is not None and isinstance(column.type, t.String | t.Integer):
            return column.asked.copy()
        return place

    def is_made_exact(self, column: Column) -> bool:
        """Whether `value` makes of the column what is compared as we do."""
        return False

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

    def sum_of(self, value: Sql, kind: t.DataType) -> Sql:
        return sql.call("sum", value)

    def mean_of(self, value: Sql, kind: t.DataType) -> Sql:
        """What is exact is added exactly, and divided as a number."""
        if isinstance(kind, t.Number):
            return sql.call("avg", value)
        count = sql.call("count", value.copy())
        return sql_parts.binary("/", self.as_double(sql.call("sum", value)), count)

    def asked_result(self, value: Sql, kind: t.DataType) -> Sql | None:
        """How a driver is asked for a sum of integers or decimals; None where it gives it as it is."""
        return None

    def part_of(self, part: str, value: Sql) -> Sql:
        """The year, month or another part of a date."""
        from sqlglot import exp

        return exp.Extract(this=exp.var(part), expression=value)

    def truncated(self, unit: str, value: Sql, kind: t.DataType) -> Sql:
        raise NotPushed(f"{self.title} is not asked for the start of a {unit}")

    def contains(self, text: Sql, part: Sql) -> Sql:
        raise NotImplementedError

    def starts_with(self, text: Sql, part: str) -> Sql:
        raise NotImplementedError

    def ends_with(self, text: Sql, part: str) -> Sql:
        raise NotImplementedError


_COLLATION = "collation"
_EXACT_DIGITS = 15
"""So many digits of a decimal any double keeps."""
_COUNTED = {"all rows", "count", "min", "max", "sum", "avg"}
_PARTS = frozenset({"year", "quarter", "month", "day"})


class Postgres(Meaning):
    """NaN is null here and greater than every number there; text is compared by the collation, and equal bytes only."""

    title = "PostgreSQL"
    types = (t.Integer, t.Number, t.Decimal, t.String, t.Boolean, t.Date, t.Datetime, t.Time)
    aggregated = frozenset(_COUNTED | {"bool_and", "bool_or"})
    parts = _PARTS | {"date_trunc"}

    def value(self, column: Column, place: Sql) -> Sql:
        found = super().value(column, place)
        if isinstance(column.type, t.Number):
            wide = found if column.native == "double precision" else self.as_double(found)
            return sql.call("nullif", wide, sql_parts.cast(sql.text("NaN"), t.Number()))
        if isinstance(column.type, t.String):
            if column.collation is None:  # what a query computes: its collation may take different texts as equal
                found = self.database.by_code_point(found)
            found.meta[_COLLATION] = column.collation
        return found

    def equal(self, left: Sql, right: Sql, kind: t.DataType) -> Sql:
        return super().equal(self._of_one_collation(left, right), right, kind)

    def one_of(self, value: Sql, choices: Sequence[Sql], kind: t.DataType) -> Sql:
        return super().one_of(self._of_one_collation(value, *choices), choices, kind)

    def _of_one_collation(self, value: Sql, *others: Sql) -> Sql:
        """The value, by code point where PostgreSQL would not know which collation of several to compare by."""
        known = {each.meta.get(_COLLATION) for each in (value, *others)} - {None, "default"}
        return self.database.by_code_point(value) if len(known) > 1 else value

    def is_made_exact(self, column: Column) -> bool:
        return isinstance(column.type, t.Number) and column.native in {"real", "double precision"}

    def sum_of(self, value: Sql, kind: t.DataType) -> Sql:
        found = sql.call("sum", value)
        return sql_parts.cast(found, t.Integer()) if isinstance(kind, t.Integer) else found

    def asked_result(self, value: Sql, kind: t.DataType) -> Sql | None:
        return sql_parts.cast(value, t.String()) if isinstance(kind, t.Decimal) else None

    def part_of(self, part: str, value: Sql) -> Sql:
        return sql_parts.cast(super().part_of(part, value), t.Integer())

    def truncated(self, unit: str, value: Sql, kind: t.DataType) -> Sql:
        found = sql.call("date_trunc", sql.text(unit), sql_parts.cast(value, t.Datetime()))
        return sql_parts.cast(found, kind)

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
    aggregated = frozenset(_COUNTED)
    parts = _PARTS

    def value(self, column: Column, place: Sql) -> Sql:
        if column.native.lower().startswith("float"):
            raise NotPushed(f'"{column.name}" is {column.native}, of which MySQL shows fewer digits than it compares')
        found = super().value(column, place)
        found.meta[_COLLATION] = column.collation
        return found

    def asked_result(self, value: Sql, kind: t.DataType) -> Sql | None:
        from sqlglot import exp

        return exp.Cast(this=value, to=exp.DataType.build("char")) if isinstance(kind, t.Integer | t.Decimal) else None

    def extreme(self, name: str, value: Sql, kind: t.DataType) -> Sql:
        from sqlglot import exp

        found = super().extreme(name, value, kind)
        if not isinstance(kind, t.String):
            return found
        characters = exp.DataType(this=exp.DataType.Type.CHARACTER_SET, kind=exp.var("utf8mb4"))
        return exp.Cast(this=found, to=characters)

    def as_double(self, value: Sql) -> Sql:
        return sql_parts.binary("+", value, sql_parts.literal(0.0, t.Number()))

    def equal(self, left: Sql, right: Sql, kind: t.DataType) -> Sql:
        if not isinstance(kind, t.String):
            return sql_parts.binary("=", left, right)
        # what is equal as bytes is equal by the collation, too: that way an index is of use
        bytes_equal = sql_parts.binary("=", self._bytes(left.copy()), self._bytes(right.copy()))
        if not _is_one_collation(left, right):
            return bytes_equal
        return sql_parts.wrap(sql_parts.binary("and", sql_parts.binary("=", left, right), bytes_equal))

    def one_of(self, value: Sql, choices: Sequence[Sql], kind: t.DataType) -> Sql:
        if not isinstance(kind, t.String):
            return super().one_of(value, choices, kind)
        as_bytes = super().one_of(self._bytes(value.copy()), [self._bytes(each.copy()) for each in choices], kind)
        if not _is_one_collation(value, *choices):
            return as_bytes
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


def _is_one_collation(*values: Sql) -> bool:
    """Whether MySQL compares the texts at all: it refuses columns of two collations, and a constant that the column's
    character set does not have."""
    from sqlglot import exp

    constants = [each.meta.get("bound") for each in values if isinstance(each, exp.Placeholder)]
    columns = [each.meta.get(_COLLATION) for each in values if not isinstance(each, exp.Placeholder)]
    if len(columns) > 1 and (None in columns or len(set(columns)) > 1):
        return False
    has_all = all(each is not None and each.startswith("utf8mb4") for each in columns)
    return has_all or all(isinstance(each, str) and each.isascii() for each in constants)


class Sqlite(Meaning):
    """A decimal is a number there, which tells those of up to 15 digits apart, and a date the first part of a text."""

    title = "SQLite"
    types = (t.Integer, t.Number, t.String, t.Boolean, t.Date, t.Decimal)
    aggregated = frozenset(_COUNTED)
    parts = _PARTS | {"date_trunc"}
    computes_decimals = False

    def value(self, column: Column, place: Sql) -> Sql:
        found = super().value(column, place)
        if isinstance(column.type, t.Date):
            return sql.call("substr", found, sql.integer(1), sql.integer(10))
        return self.as_double(found) if isinstance(column.type, t.Decimal) else found

    def is_made_exact(self, column: Column) -> bool:
        match column.type:
            case t.Boolean() | t.Date():
                return True
            case t.Decimal(precision, _):
                return precision <= _EXACT_DIGITS
        return False

    def constant(self, value: Any, kind: t.DataType) -> Sql:
        if isinstance(value, Decimal):
            # the nearest number to so few digits is that of no other decimal, and beside no other integer
            if len(value.normalize().as_tuple().digits) > _EXACT_DIGITS:
                raise NotPushed(f"SQLite has no {value}")
            value = float(value)
        if isinstance(kind, t.Date) and value is not None:
            value = value.isoformat()
        return super().constant(value, kind)

    def sum_of(self, value: Sql, kind: t.DataType) -> Sql:
        if isinstance(kind, t.Decimal):
            raise NotPushed("decimals are added here, as SQLite would add numbers")
        return super().sum_of(value, kind)

    def part_of(self, part: str, value: Sql) -> Sql:
        codes = {"year": "%Y", "month": "%m", "quarter": "%m", "day": "%d"}
        found = sql_parts.cast(sql.call("strftime", sql.text(codes[part]), value), t.Integer())
        if part != "quarter":
            return found
        later = sql_parts.binary("+", found, sql.integer(2))
        return sql_parts.cast(sql_parts.binary("/", later, sql.integer(3)), t.Integer())

    def truncated(self, unit: str, value: Sql, kind: t.DataType) -> Sql:
        kept = {"year": (4, "-01-01"), "month": (7, "-01")}.get(unit)
        if kept is None:
            raise NotPushed(f"the start of a {unit} is computed here")
        start = sql.call("substr", value, sql.integer(1), sql.integer(kept[0]))
        return sql_parts.binary("||", start, sql.text(kept[1]))

    def mean_of(self, value: Sql, kind: t.DataType) -> Sql:
        if not isinstance(kind, t.Number):
            raise NotPushed("the mean of integers is computed here, as their sum may be larger than any of SQLite's")
        return super().mean_of(value, kind)

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
