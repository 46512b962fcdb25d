"""Comparison, and, or, not, between, in, like and the tests for null and truth, by SQL's rules for null."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import TYPE_CHECKING

import polars as pl

from ir import types as t
from transforms.expressions import sql_parts as sql
from transforms.expressions.orders import check_equality, check_order
from transforms.expressions.regexes import escaped
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression

_COMPARED: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge,
    "is distinct from": lambda left, right: left.ne_missing(right),
}  # fmt: skip


def _compare(operator: str) -> Function:
    doc = {"=": "equal; null if either is", "<>": "unequal (also !=); null if either is",
           "is distinct from": "unequal, where null equals null"}  # fmt: skip
    return Function(
        signature=f"{operator}(x: T, y: T) -> boolean",
        doc=doc.get(operator, "in the order of the type: text by code point, false before true; null if either is"),
        polars=lambda call: _COMPARED[operator](call[0], call[1]),
        sql=lambda call: sql.binary(operator, call[0], call[1]),
        check=check_order if operator in {"<", "<=", ">", ">="} else check_equality,
        hidden=True,
    )


def _unknown(beside: pl.Expr) -> pl.Expr:
    """Null in every row: a null alone would be one value, which an aggregate would see once."""
    return beside.is_null() ^ pl.lit(None, dtype=pl.Boolean)


def _is_in(call: Lowered[pl.Expr]) -> pl.Expr:
    """Null where x is null, and where x is not found among choices of which one is null."""
    choices = call.apply.args[1:]
    if all(isinstance(each, Value) for each in choices):
        values = [each.value for each in choices if isinstance(each, Value)]
        known = [each for each in values if each is not None]
        if not known:
            return _unknown(call[0])
        from transforms.dtypes import polars_dtype

        found: pl.Expr = call[0].is_in(pl.lit(pl.Series([known], dtype=pl.List(polars_dtype(choices[0].type)))))
        return found if len(known) == len(values) else pl.when(found).then(pl.lit(True))
    equal: list[pl.Expr] = [call[0] == each for each in call.args[1:]]
    any_equal = equal[0]
    for each in equal[1:]:
        any_equal = any_equal | each
    return any_equal


def _is_in_sql(call: Lowered[Sql]) -> Sql:
    from sqlglot import exp

    return exp.In(this=sql.wrap(call[0]), expressions=list(call.args[1:]))


def like_regex(pattern: str, *, any_case: bool, escape: str | None = None) -> str:
    """The anchored regex of a LIKE pattern: % any characters, _ one, also across line breaks.

    What stands behind the character `escape` stands for itself.
    """
    parts: list[str] = []
    characters = iter(pattern)
    for each in characters:
        if each == escape:
            parts.append(escaped(next(characters)))
        else:
            parts.append(".*" if each == "%" else "." if each == "_" else escaped(each))
    return f"(?s{'i' if any_case else ''})^{''.join(parts)}$"


def _like(call: Lowered[pl.Expr], *, any_case: bool) -> pl.Expr:
    pattern = call.constant(1)
    if pattern is None:
        return _unknown(call[0])
    escape = _escape(call)
    if escape is not None and escape in pattern:
        return call[0].str.contains(like_regex(pattern, any_case=any_case, escape=escape))
    inside = pattern.strip("%")
    if not any_case and "%" not in inside and "_" not in inside:
        starts, ends = pattern.startswith("%"), pattern.endswith("%")
        if starts and ends and len(pattern) > 1:
            return call[0].str.contains(inside, literal=True)
        if ends and pattern:
            return call[0].str.starts_with(inside)
        if starts:
            return call[0].str.ends_with(inside)
        return call[0].eq(inside)
    return call[0].str.contains(like_regex(pattern, any_case=any_case))


def _escape(call: Lowered[pl.Expr] | Lowered[Sql]) -> str | None:
    return call.constant(2) if len(call) > 2 else None


def _check_escape(function: Function, args: tuple[Node, ...]) -> str | None:
    if len(args) < 3:
        return None
    pattern, escape = (each.value if isinstance(each, Value) else None for each in args[1:])
    if not isinstance(escape, str) or len(escape) != 1:
        return f"escape is one character, not {json.dumps(escape, ensure_ascii=False)}"
    if isinstance(pattern, str) and pattern.replace(escape * 2, "").endswith(escape):
        return f"the pattern ends in its escape {escape}, which stands for the character behind it"
    return None


def _like_sql(call: Lowered[Sql], *, any_case: bool) -> Sql:
    from sqlglot import exp

    pattern = call.constant(1)
    escape = _escape(call)
    if pattern is not None and escape is not None and escape in pattern:
        return sql.call("regexp_matches", call[0], sql.text(like_regex(pattern, any_case=any_case, escape=escape)))
    if any_case and pattern is not None:
        # DuckDB's ilike folds other letters than regex engines do: one regex for both
        return sql.call("regexp_matches", call[0], sql.text(like_regex(pattern, any_case=True)))
    return exp.Like(this=sql.wrap(call[0]), expression=call[1])


def _logic(operator: str) -> Function:
    combine = and_ if operator == "and" else or_
    return Function(
        signature=f"{operator}(x: boolean, y: boolean...) -> boolean",
        doc="null counts as unknown: false and null is false" if operator == "and" else
            "null counts as unknown: true or null is true",
        polars=lambda call: functools.reduce(combine, call.args),
        sql=lambda call: functools.reduce(functools.partial(_join, operator), call.args),
        hidden=True,
    )  # fmt: skip


def _join(operator: str, left: Sql, right: Sql) -> Sql:
    from sqlglot import exp

    # a chain of the same operator needs no parentheses
    kind = exp.And if operator == "and" else exp.Or
    return kind(this=left if isinstance(left, kind) else sql.wrap(left), expression=sql.wrap(right))


def _is(value: bool) -> Function:
    return Function(
        signature=f"is {str(value).lower()}(x: boolean) -> boolean", doc=f"{str(value).lower()} and not null",
        polars=lambda call: call[0].eq_missing(value),
        sql=lambda call: sql.binary("is", call[0], sql.literal(value, t.Boolean())), hidden=True,
    )  # fmt: skip


COMPARISON = (
    *(_compare(each) for each in _COMPARED),
    _logic("and"),
    _logic("or"),
    Function(signature="not(x: boolean) -> boolean", doc="null stays null", polars=lambda call: ~call[0],
             sql=lambda call: sql.negate(call[0]), hidden=True),
    Function(signature="between(x: T, low: T, high: T) -> boolean", doc="both ends in; null if any is",
             polars=lambda call: (call[0] >= call[1]) & (call[0] <= call[2]),
             sql=lambda call: _between_sql(call), check=check_order, hidden=True),
    Function(signature="in(x: T, choices: T...) -> boolean", polars=_is_in, sql=_is_in_sql, hidden=True,
             check=check_equality,
             doc="equal to one of them; null for null, and where a null stands among choices that do not match"),
    Function(signature="like(x: text, pattern: constant text, escape?: constant text) -> boolean", hidden=True,
             doc="% any characters, _ one; case-sensitive, also across line breaks; `like '5!%' escape '!'` is 5%",
             check=_check_escape,
             polars=lambda call: _like(call, any_case=False), sql=lambda call: _like_sql(call, any_case=False)),
    Function(signature="ilike(x: text, pattern: constant text, escape?: constant text) -> boolean", hidden=True,
             check=_check_escape, doc="as like, whatever the case", polars=lambda call: _like(call, any_case=True),
             sql=lambda call: _like_sql(call, any_case=True)),
    Function(signature="is null(x: any) -> boolean", doc="never null itself", hidden=True,
             polars=lambda call: call[0].is_null(), sql=lambda call: sql.binary("is", call[0], sql.null())),
    _is(True),
    _is(False),
)  # fmt: skip


def _between_sql(call: Lowered[Sql]) -> Sql:
    from sqlglot import exp

    return exp.Between(this=sql.wrap(call[0]), low=sql.wrap(call[1]), high=sql.wrap(call[2]))
