"""The tree of a parsed SELECT: its clauses, with expressions where they stand."""

from __future__ import annotations

from typing import Literal as OneOf

from ir.expression_lexer import Span
from ir.expression_nodes import Expression, SortItem
from ir.records import dataclass

How = OneOf["inner", "left", "right", "full", "semi", "anti", "cross"]


@dataclass(frozen=True, slots=True)
class TableName:
    """A frame by its name; `alias` is what its columns may be qualified with."""

    name: str
    alias: str
    span: Span


@dataclass(frozen=True, slots=True)
class Derived:
    """A query in from."""

    query: Query
    alias: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Joined:
    """Two tables side by side. `comma` tables take their condition from where."""

    left: Table
    right: Table
    how: How
    span: Span
    on: Expression | None = None
    using: tuple[tuple[str, Span], ...] = ()
    comma: bool = False


Table = TableName | Derived | Joined


@dataclass(frozen=True, slots=True)
class AllColumns:
    """`*` or `t.*`, with what `exclude` leaves out and what `replace` computes in place."""

    span: Span
    table: str | None = None
    exclude: tuple[tuple[str, Span], ...] = ()
    replace: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One expression of the select list; `name` is None where none was written."""

    value: Expression
    name: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Select:
    items: tuple[Item | AllColumns, ...]
    span: Span
    table: Table | None = None
    distinct: bool = False
    where: Expression | None = None
    group_by: tuple[Expression, ...] = ()
    group_by_all: bool = False
    having: Expression | None = None
    qualify: Expression | None = None


@dataclass(frozen=True, slots=True)
class SetOperation:
    """`union [all] [by name]`, `except` and `intersect` of two queries."""

    operator: OneOf["union", "union all", "except", "intersect"]
    left: Body
    right: Body
    span: Span
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: the queries it names first, its body, the order and number of its rows."""

    body: Body
    span: Span
    named: tuple[tuple[str, Span, Query], ...] = ()
    order_by: tuple[SortItem, ...] = ()
    limit: int | None = None
    offset: int = 0
    limit_span: Span = (0, 0)


Body = Select | SetOperation | Query
