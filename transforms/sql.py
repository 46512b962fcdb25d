"""Small pieces of SQL trees: every name quoted, nothing parsed from text. Imports sqlglot at first use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ir.types import DataType
from transforms.expressions.sql_parts import call, cast, integer, literal, text, wrap
from transforms.expressions.window import SortKey

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["call", "cast", "column", "columns", "integer", "literal", "named", "null", "numbered", "order_by",
           "ordered", "row_number", "select", "subquery", "table", "text", "union_all", "wrap"]  # fmt: skip


def column(name: str, table: str | None = None) -> exp.Column:
    """A quoted column, of `table` if given."""
    from sqlglot import exp

    qualifier = exp.to_identifier(table, quoted=True) if table else None
    return exp.Column(this=exp.to_identifier(name, quoted=True), table=qualifier)


def table(name: str, alias: str | None = None) -> exp.Table:
    """A quoted table or CTE."""
    from sqlglot import exp

    found = exp.Table(this=exp.to_identifier(name, quoted=True))
    if alias:
        found.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return found


def named(expression: exp.Expression, name: str) -> exp.Expression:
    """`expression as "name"`; a column that has the name already stays as it is."""
    from sqlglot import exp

    if isinstance(expression, exp.Column) and expression.name == name and not expression.table:
        return expression
    return exp.Alias(this=expression, alias=exp.to_identifier(name, quoted=True))


def columns(names: Iterable[str], table: str | None = None) -> list[exp.Expression]:
    """The columns as a select list; those of a `table` keep their bare names."""
    if table is None:
        return [column(name) for name in names]
    return [named(column(name, table), name) for name in names]


def select(expressions: Sequence[exp.Expression], source: str | exp.Expression) -> exp.Select:
    """`select expressions from source`; a query as source becomes a subquery."""
    from sqlglot import exp

    if isinstance(source, str):
        origin: exp.Expression = table(source)
    elif isinstance(source, exp.Query) and not isinstance(source, exp.Subquery):
        origin = subquery(source)
    else:
        origin = source
    query = exp.Select(expressions=list(expressions))
    query.set("from_", exp.From(this=origin))
    return query


def subquery(query: exp.Query, alias: str = "rows") -> exp.Subquery:
    """The query in parentheses under a quoted name."""
    from sqlglot import exp

    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))


def null(kind: DataType) -> exp.Expression:
    """A null of that type."""
    from sqlglot import exp

    return cast(exp.Null(), kind)


def ordered(keys: Iterable[SortKey], *, reverse: bool = False) -> list[exp.Expression]:
    """The keys of an `order by`, nulls placed explicitly; `reverse` turns the whole order round."""
    from sqlglot import exp

    return [
        exp.Ordered(this=column(key.column), desc=key.descending != reverse, nulls_first=key.nulls_first != reverse)
        for key in keys
    ]


def order_by(query: exp.Select, keys: Sequence[exp.Expression]) -> exp.Select:
    """The query with an `order by`, or as it was without keys."""
    from sqlglot import exp

    if keys:
        query.set("order", exp.Order(expressions=list(keys)))
    return query


def row_number(partition_by: Sequence[exp.Expression] = (), keys: Sequence[exp.Expression] = ()) -> exp.Window:
    """`row_number() over (partition by … order by …)`; without keys rows count as they arrive."""
    from sqlglot import exp

    order = exp.Order(expressions=list(keys)) if keys else None
    return exp.Window(this=exp.RowNumber(), partition_by=list(partition_by), order=order)


def numbered(rows: str, names: Iterable[str], number: str) -> exp.Select:
    """The columns of `rows` and, as `number`, the place at which each row arrives, from 1."""
    return select([*columns(names), named(row_number(), number)], rows)


def union_all(queries: Sequence[exp.Query]) -> exp.Query:
    """The queries one after the other."""
    from sqlglot import exp

    result = queries[0]
    for query in queries[1:]:
        result = exp.Union(this=result, expression=query, distinct=False)
    return result
