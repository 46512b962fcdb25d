"""DuckDB's table functions as sqlglot trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlglot import exp

Option = str | int | bool | list[str] | Mapping[str, str]


def options(**given: Option) -> list[exp.Expression]:
    """Named arguments of a table function."""
    return [exp.Kwarg(this=exp.var(name), expression=_value(value)) for name, value in given.items()]


def call_table(function: str, paths: Sequence[Path], named: Sequence[exp.Expression]) -> exp.Table:
    """`function([paths], name = value, …)` as a table.

    DuckDB expands glob characters in file names, so that they are put in brackets to stand for themselves.
    """
    listed = exp.Array(expressions=[exp.Literal.string(_plain(path)) for path in paths])
    return exp.Table(this=exp.Anonymous(this=function, expressions=[listed, *named]))


def _plain(path: Path) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in str(path))


def _value(value: Option) -> exp.Expression:
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
