"""Columns of exactly a name in Polars, where `*` and `^…$` are patterns."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from transforms.expressions.regexes import escaped


def _is_pattern(name: str) -> bool:
    return name == "*" or (name.startswith("^") and name.endswith("$"))


def exact_name(name: str) -> str:
    """The column of that name, and no other, where Polars takes only a text."""
    return f"^{escaped(name)}$" if _is_pattern(name) else name


def exact(name: str) -> pl.Expr:
    """The column of that name; a pattern would also leave out the keys of a group."""
    return pl.selectors.by_name(name).as_expr() if _is_pattern(name) else pl.col(name)


def all_exact(names: Iterable[str]) -> list[pl.Expr]:
    return [exact(name) for name in names]
