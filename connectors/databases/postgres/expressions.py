"""Small pieces of PostgreSQL's SQL as trees."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import cast as typed

from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp


def cast(value: exp.Expression, native: str) -> exp.Expression:
    """`cast(value as native)`."""
    from sqlglot import exp

    return exp.Cast(this=value.copy(), to=exp.DataType.build(native, dialect="postgres"))


def text_of(value: exp.Expression) -> exp.Expression:
    return cast(value, "text")


def func(name: str, *arguments: exp.Expression) -> exp.Expression:
    """A function of PostgreSQL's own, whatever the search path says."""
    from sqlglot import exp

    return exp.Anonymous(this=name, expressions=[each.copy() for each in arguments])


def compare(operator: str, left: exp.Expression, right: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    kinds: dict[str, type[exp.Expression]] = {"=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, ">": exp.GT, ">=": exp.GTE}
    return kinds[operator](this=left.copy(), expression=right.copy())


def any_of(*conditions: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    return typed("exp.Expression", exp.or_(*conditions))


def moment(native: str, written: str) -> exp.Expression:
    """A constant date, time or timestamp."""
    return cast(sql.text(written), native)
