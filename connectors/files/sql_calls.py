"""DuckDB's table functions as sqlglot trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ir import types as t
from transforms.dtypes import sql_type

if TYPE_CHECKING:
    from sqlglot import exp

Option = str | int | bool | list[str] | Mapping[str, str]


@lru_cache(maxsize=512)
def _built(text: str) -> exp.DataType:
    from sqlglot import exp

    return exp.DataType.build(text, dialect="duckdb")


def sql_datatype(kind: t.DataType) -> exp.DataType:
    """The DuckDB type of a column, parsed once: a thousand columns took 0.3 s before."""
    return _built(sql_type(kind)).copy()


def null_of(kind: t.DataType) -> exp.Expression:
    """A null of a column's type."""

    from sqlglot import exp

    return exp.Cast(this=exp.null(), to=sql_datatype(kind))


def options(**given: Option) -> list[exp.Expression]:
    """Named arguments of a table function."""

    from sqlglot import exp

    return [exp.Kwarg(this=exp.var(name), expression=_value(value)) for name, value in given.items()]


def call_table(function: str, paths: Sequence[Path], named: Sequence[exp.Expression]) -> exp.Table:
    """`function([paths], name = value, …)` as a table.

    DuckDB expands glob characters in file names, so that they are put in brackets to stand for themselves.
    """

    from sqlglot import exp

    listed = exp.Array(expressions=[exp.Literal.string(_plain(path)) for path in paths])
    return exp.Table(this=exp.Anonymous(this=function, expressions=[listed, *named]))


def with_urls(query: exp.Query, shown: Sequence[str]) -> exp.Query:
    """The query with URLs as they are written: a path has lost one of their slashes."""
    urls = {_plain(Path(each)): each for each in shown if "://" in each}
    if urls:
        from sqlglot import exp

        for literal in query.find_all(exp.Literal):
            if literal.is_string and literal.this in urls:
                literal.set("this", urls[literal.this])
    return query


def _plain(path: Path) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in str(path))


def _value(value: Option) -> exp.Expression:
    from sqlglot import exp

    match value:
        case bool():
            return exp.true() if value else exp.false()
        case int():
            return exp.Literal.number(value)
        case str():
            return exp.Literal.string(value)
        case list():
            return exp.Array(expressions=[exp.Literal.string(each) for each in value])
    pairs = [exp.PropertyEQ(this=exp.Literal.string(key), expression=exp.Literal.string(kind))
             for key, kind in value.items()]  # fmt: skip
    return exp.Struct(expressions=pairs)
