"""Pieces of SQL trees for expressions. sqlglot is imported at the first use, not before."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ir import types as t
from transforms.dtypes import sql_type

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression


def call(name: str, *args: Sql) -> Sql:
    """A DuckDB function by its own name, untouched by sqlglot's translations."""
    from sqlglot import exp

    return exp.Anonymous(this=name, expressions=list(args))


def binary(operator: str, left: Sql, right: Sql) -> Sql:
    """`left operator right`, each side in parentheses where it needs them."""
    from sqlglot import exp

    kinds: dict[str, Any] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul, "/": exp.Div, "//": exp.IntDiv, "%": exp.Mod,
             "||": exp.DPipe,
             "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
             "is distinct from": exp.NullSafeNEQ, "and": exp.And, "or": exp.Or, "is": exp.Is}  # fmt: skip
    found: Sql = kinds[operator](this=wrap(left), expression=wrap(right))
    return found


def wrap(node: Sql) -> Sql:
    """`node` in parentheses unless it is one piece by itself."""
    from sqlglot import exp

    whole = (exp.Column, exp.Literal, exp.Anonymous, exp.Cast, exp.TryCast, exp.Paren, exp.Case, exp.Null,
             exp.Boolean,
             exp.Placeholder, exp.Filter, exp.Window, exp.Subquery)  # fmt: skip
    return node if isinstance(node, whole) else exp.Paren(this=node)


def negate(node: Sql) -> Sql:
    from sqlglot import exp

    return exp.Not(this=wrap(node))


def is_known(node: Sql) -> Sql:
    """`node is not null`."""
    return negate(binary("is", node, null()))


def cast(node: Sql, to: t.DataType | str, *, safe: bool = False) -> Sql:
    from sqlglot import exp

    kind = exp.DataType.build(to if isinstance(to, str) else sql_type(to), dialect="duckdb")
    return exp.TryCast(this=node, to=kind) if safe else exp.Cast(this=node, to=kind)


def text(value: str) -> Sql:
    from sqlglot import exp

    if "\0" in value:
        # a NUL would end the statement's text: chr(0) makes it
        parts = [exp.Literal.string(part) for part in value.split("\0")]
        found: Sql = parts[0]
        for part in parts[1:]:
            found = exp.DPipe(this=exp.DPipe(this=found, expression=call("chr", integer(0))), expression=part)
        return exp.Paren(this=found)
    return exp.Literal.string(value)


def integer(value: int) -> Sql:
    """A literal that stays within DuckDB's narrowest fitting type; `literal` gives the exact one."""
    from sqlglot import exp

    number = exp.Literal.number(abs(value))
    return exp.Paren(this=exp.Neg(this=number)) if value < 0 else number


def null() -> Sql:
    from sqlglot import exp

    return exp.Null()


def case(*branches: tuple[Sql, Sql], otherwise: Sql | None = None) -> Sql:
    from sqlglot import exp

    ifs = [exp.If(this=condition, true=value) for condition, value in branches]
    return exp.Case(ifs=ifs, default=otherwise)


def text_or_null(found: Sql, kind: t.DataType) -> Sql:
    """The same text behind a function of which DuckDB guesses nothing.

    Of a case that is a constant text or null DuckDB 2.0 concludes that it is never null: a filter `in ('b', 'c')` or
    like 'b%' then keeps rows of null, and a comparison with another text stops the run.
    """
    return call("substring", found, integer(1)) if isinstance(kind, t.String | t.Json) else found


def literal(value: object, kind: t.DataType) -> Sql:
    """A constant of exactly that type."""
    from sqlglot import exp

    if value is None:
        return cast(exp.Null(), kind) if not isinstance(kind, t.Null) else exp.Null()
    match value:
        case bool():
            return exp.Boolean(this=value)
        case int():
            # DuckDB reads a small literal as INTEGER
            return cast(integer(value), kind)
        case str() if isinstance(kind, t.String | t.Json):
            return text(value)
        case float() if abs(value) < float("inf"):
            # with an exponent DuckDB reads a DOUBLE, without one a DECIMAL
            digits = repr(abs(value))
            number = exp.Literal.number(digits if "e" in digits else digits + "e0")
            return exp.Paren(this=exp.Neg(this=number)) if str(value).startswith("-") else number
        case float():
            return cast(text("Infinity" if value > 0 else "-Infinity"), kind)
        case Decimal() if len(value.as_tuple().digits) > 18:
            # longer ones DuckDB may read as a DOUBLE
            return cast(text(format(value, "f")), kind)
        case Decimal():
            number = exp.Literal.number(format(abs(value), "f"))
            return cast(exp.Neg(this=number) if value < 0 else number, kind)
        case datetime.datetime():
            return cast(text(value.isoformat(sep=" ")), kind)
        case datetime.date() | datetime.time():
            return cast(text(value.isoformat()), kind)
        case datetime.timedelta():
            return call("to_microseconds", integer(value // datetime.timedelta(microseconds=1)))
        case list() | tuple():
            item = kind.item if isinstance(kind, t.ListOf) else t.Null()
            return cast(call("list_value", *(literal(each, item) for each in value)), kind)
    return cast(text(str(value)), kind)


def value_of(table: str, column: str) -> Sql:
    """The column's value in the only row of a table."""
    from sqlglot import exp

    query = exp.Select(expressions=[exp.column(column, quoted=True)])
    query.set("from_", exp.From(this=exp.Table(this=exp.to_identifier(table, quoted=True))))
    return exp.Subquery(this=query)


def any_of(conditions: list[Sql]) -> Sql:
    """The conditions joined by or."""
    found = conditions[0]
    for each in conditions[1:]:
        found = binary("or", found, each)
    return found
