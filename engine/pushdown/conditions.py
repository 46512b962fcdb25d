"""Bound expressions said in a database's own SQL, by a list of what means the same there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from connectors.databases.parameters import bound
from engine.pushdown.meanings import Meaning
from engine.pushdown.refusal import NotPushed
from engine.pushdown.rows import Rows
from ir import types as t
from ir.records import dataclass
from transforms.expressions import Bound, Clock, sql_parts
from transforms.expressions.tree import Apply, Field, Node, Value, children, is_constant

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression

_COMPARABLE = (t.Integer, t.Number, t.Decimal, t.String, t.Boolean, t.Date, t.Datetime, t.Time)


@dataclass(frozen=True, slots=True)
class FromNow:
    """Stands for a constant that is computed of the run's time, where no run is on."""

    def __str__(self) -> str:
        return "of the run's time"


def conjuncts(node: Node) -> list[Node]:
    """The conditions that must all hold."""
    if isinstance(node, Apply) and node.function.name == "and":
        return [each for arg in node.args for each in conjuncts(arg)]
    return [node]


@dataclass(frozen=True, slots=True)
class Saying:
    """Says the expressions over a frame in its database's SQL."""

    rows: Rows
    meaning: Meaning
    clock: Clock

    def condition(self, node: Node) -> Sql:
        """A condition: true, false or null as ours is.

        Raises:
            NotPushed: it is not on the list.
        """
        from sqlglot import exp

        match node:
            case Value(value=bool(value)):
                return exp.Boolean(this=value)
            case Value(value=None):
                return exp.null()
            case Field():
                return self.operand(node)
            case Apply(function=function):
                form = _FORMS.get(function.name)
                if form is None or node.where is not None or node.distinct:
                    raise NotPushed(f"{function.name} means something else there, or is not known")
                return form(self, node)
        raise NotPushed("it reads a value of another frame")

    def operand(self, node: Node) -> Sql:
        """A value to compare."""
        if not isinstance(node.type, (*_COMPARABLE, t.Null)):
            raise NotPushed(f"{node.type} is compared here")
        match node:
            case Value(value=value):
                return self.meaning.constant(_checked(value), node.type)
            case Field(column=name, path=path, table=table):
                if path or table:
                    raise NotPushed("a field of a struct is read here")
                return self.meaning.value(self.rows.column(name), self.rows.place(name))
            case Apply():
                if is_constant(node):
                    return self._computed(node)
                if node.function.name == "cast":
                    return self._widened(node)
                if isinstance(node.type, t.Boolean):
                    return sql_parts.wrap(self.condition(node))
                if node.function.name in self.meaning.parts:
                    return self._date_part(node)
                if node.function.name in {"+", "-", "*"} and isinstance(node.type, t.Decimal):
                    return self._decimal(node)
                raise NotPushed(f"{node.function.name} is computed here")
        raise NotPushed("it reads a value of another frame")

    def _widened(self, node: Apply) -> Sql:
        """A cast that loses nothing."""
        value = node.args[0]
        match value.type, node.type:
            case (t.Integer() | t.Decimal(), t.Decimal()) if isinstance(value, Field):
                return self.operand(value)
            case t.Integer(), t.Number():
                return self.meaning.as_double(self.operand(value))
            case t.Date(), t.Datetime(zoned=False):
                return self.meaning.as_datetime(self.operand(value))
        raise NotPushed(f"{value.type} becomes {node.type} here")

    def _date_part(self, node: Apply) -> Sql:
        """The year of a date and the like; of an instant they depend on the time zone."""
        *unit, of = node.args
        if not isinstance(of.type, t.Date | t.Datetime) or of.type == t.Datetime(zoned=True):
            raise NotPushed(f"{node.function.name} of {of.type} is computed here")
        if not unit:
            return self.meaning.part_of(node.function.name, self.operand(of))
        asked = unit[0].value if isinstance(unit[0], Value) else None
        if asked not in {"year", "quarter", "month", "week", "day"}:
            raise NotPushed(f"date_trunc by {asked} is computed here")
        return self.meaning.truncated(str(asked), self.operand(of), of.type)

    def _decimal(self, node: Apply) -> Sql:
        """A sum or product of decimals whose digits have room, so that it is exact there as here."""
        assert isinstance(node.type, t.Decimal)
        if not self.meaning.computes_decimals:
            raise NotPushed(f"{node.function.name} of decimals is computed here")
        one, other = (_digits(each) for each in node.args)
        if node.function.name == "*":
            digits = one.precision + other.precision
        else:
            whole = max(one.precision - one.scale, other.precision - other.scale)
            digits = whole + max(one.scale, other.scale) + 1
        if digits > 38 or node.type.scale > 30:
            raise NotPushed(f"{node.function.name} of so many digits is computed here")
        left, right = (self.operand(each) for each in node.args)
        return sql_parts.binary(node.function.name, left, right)

    def _computed(self, node: Apply) -> Sql:
        """A constant, computed as the engines do."""
        import polars as pl

        from transforms.expressions import to_polars

        if self.clock.now is None and _reads_clock(node):
            return bound(FromNow())
        try:
            value = pl.select(to_polars(Bound(node, "", frozenset(), False), clock=self.clock)).item()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise NotPushed("a constant cannot be computed") from error
        return self.meaning.constant(_checked(value), node.type)


def _digits(node: Node) -> t.Decimal:
    """The digits that a value may have."""
    return node.type if isinstance(node.type, t.Decimal) else t.Decimal(19, 0)


def _checked(value: Any) -> Any:
    if isinstance(value, str) and "\0" in value:
        raise NotPushed("a text with a NUL ends there")
    return value


def _reads_clock(node: Node) -> bool:
    is_clock = isinstance(node, Apply) and node.function.name in {"now", "today"}
    return is_clock or any(_reads_clock(each) for each in children(node))


def _compared(operator: str) -> Callable[[Saying, Apply], Sql]:
    def form(saying: Saying, node: Apply) -> Sql:
        kind = node.args[0].type
        left, right = (saying.operand(each) for each in node.args)
        if operator == "=":
            return saying.meaning.equal(left, right, kind)
        if operator == "<>":
            return _unequal(saying.meaning.equal(left, right, kind))
        in_order = saying.meaning.in_order
        return sql_parts.binary(operator, in_order(left, kind), in_order(right, kind))

    return form


def _unequal(equal: Sql) -> Sql:
    from sqlglot import exp

    return exp.NEQ(**equal.args) if isinstance(equal, exp.EQ) else sql_parts.negate(equal)


def _distinct(saying: Saying, node: Apply) -> Sql:
    """Unequal, or one of them null."""
    left, right = node.args
    equal = saying.meaning.equal(saying.operand(left), saying.operand(right), left.type)
    one, other = (saying.operand(each) for each in node.args)
    if isinstance(right, Value) and right.value is not None:
        missing: Sql = sql_parts.binary("is", one, sql_parts.null())
    elif isinstance(right, Value) or isinstance(left, Value):
        raise NotPushed("a constant is compared with null")
    else:
        missing = sql_parts.binary("<>", sql_parts.binary("is", one, sql_parts.null()),
                                   sql_parts.binary("is", other, sql_parts.null()))  # fmt: skip
        return sql_parts.wrap(
            sql_parts.binary("or", sql_parts.call("coalesce", _unequal(equal), sql_parts.wrap(_no())), missing)
        )
    return sql_parts.wrap(sql_parts.binary("or", _unequal(equal), missing))


def _no() -> Sql:
    from sqlglot import exp

    return exp.Boolean(this=False)


def _logic(operator: str) -> Callable[[Saying, Apply], Sql]:
    def form(saying: Saying, node: Apply) -> Sql:
        found = saying.condition(node.args[0])
        for each in node.args[1:]:
            found = sql_parts.binary(operator, found, saying.condition(each))
        return found

    return form


def _not(saying: Saying, node: Apply) -> Sql:
    return sql_parts.negate(saying.condition(node.args[0]))


def _between(saying: Saying, node: Apply) -> Sql:
    from sqlglot import exp

    kind = node.args[0].type
    value, low, high = (saying.meaning.in_order(saying.operand(each), kind) for each in node.args)
    return exp.Between(this=sql_parts.wrap(value), low=sql_parts.wrap(low), high=sql_parts.wrap(high))


def _in(saying: Saying, node: Apply) -> Sql:
    value, *choices = (saying.operand(each) for each in node.args)
    return saying.meaning.one_of(value, choices, node.args[0].type)


def _is_null(saying: Saying, node: Apply) -> Sql:
    return sql_parts.binary("is", saying.operand(node.args[0]), sql_parts.null())


def _is(value: bool) -> Callable[[Saying, Apply], Sql]:
    def form(saying: Saying, node: Apply) -> Sql:
        found = sql_parts.call("coalesce", sql_parts.wrap(saying.condition(node.args[0])),
                               *([_no()] if value else [sql_parts.negate(_no())]))  # fmt: skip
        return found if value else sql_parts.negate(found)

    return form


def _coalesce(saying: Saying, node: Apply) -> Sql:
    """Of conditions, as not_contains and its like are made of."""
    if not isinstance(node.type, t.Boolean):
        raise NotPushed("coalesce is computed here")
    return sql_parts.call("coalesce", *(sql_parts.wrap(saying.condition(each)) for each in node.args))


def _any_of(saying: Saying, node: Apply) -> Sql:
    text = node.args[0]
    parts = [saying.operand(each) for each in node.args[1:]]
    return sql_parts.wrap(sql_parts.any_of([saying.meaning.contains(_text(saying, text), part) for part in parts]))


def _edge(name: str) -> Callable[[Saying, Apply], Sql]:
    def form(saying: Saying, node: Apply) -> Sql:
        return _at_edge(saying, name, node.args[0], node.args[1])

    return form


def _at_edge(saying: Saying, name: str, text: Node, part: Node) -> Sql:
    if not isinstance(part, Value) or not isinstance(part.value, str) or not part.value:
        raise NotPushed(f"{name} with another column is computed here")
    how = saying.meaning.starts_with if name == "starts_with" else saying.meaning.ends_with
    return how(_text(saying, text), _checked(part.value))


def _text(saying: Saying, node: Node) -> Sql:
    if not isinstance(node.type, t.String) or not isinstance(node, Field):
        raise NotPushed("a text is made of another value here")
    return saying.operand(node)


def _like(saying: Saying, node: Apply) -> Sql:
    """Patterns that ask for a beginning, an end, a part or the whole."""
    text, pattern = node.args[:2]
    asked = pattern.value if isinstance(pattern, Value) else None
    if len(node.args) > 2 or not isinstance(asked, str) or not asked.strip("%"):
        raise NotPushed("like with this pattern is computed here")
    inside = asked.strip("%")
    if "%" in inside or "_" in inside:
        raise NotPushed("like with this pattern is computed here")
    part = Value(t.String(), inside)
    if asked.startswith("%") and asked.endswith("%"):
        return saying.meaning.contains(_text(saying, text), saying.operand(part))
    if asked.endswith("%"):
        return _at_edge(saying, "starts_with", text, part)
    if asked.startswith("%"):
        return _at_edge(saying, "ends_with", text, part)
    return saying.meaning.equal(_text(saying, text), saying.operand(part), t.String())


_FORMS: Mapping[str, Callable[[Saying, Apply], Sql]] = {
    **{each: _compared(each) for each in ("=", "<>", "<", "<=", ">", ">=")},
    "is distinct from": _distinct,
    "and": _logic("and"),
    "or": _logic("or"),
    "not": _not,
    "between": _between,
    "in": _in,
    "is null": _is_null,
    "is true": _is(value=True),
    "is false": _is(value=False),
    "coalesce": _coalesce,
    "contains": _any_of,
    "contains any of": _any_of,
    "starts_with": _edge("starts_with"),
    "ends_with": _edge("ends_with"),
    "like": _like,
}
