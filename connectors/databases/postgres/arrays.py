"""PostgreSQL's arrays as lists: one dimension, each item read as a value of its type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from connectors.databases.postgres.expressions import any_of, compare, func, text_of
from ir import types as t
from transforms import sql
from transforms.dtypes import polars_dtype

if TYPE_CHECKING:
    from sqlglot import exp

    from connectors.databases.postgres.types import Reading

_ITEM, _PLACE = "item", "place"


def reading_of(item: Reading) -> Reading:
    """A list of what the items are; an array of more dimensions is none, and its row bad."""
    from connectors.databases.postgres.types import Reading

    inner = sql.column(_ITEM)
    misfit = item.misfit(inner) if item.misfit else None

    def asked(value: exp.Expression) -> exp.Expression:
        if item.asked is None:
            return _from_one(value)
        return _as_texts(_from_one(value)) if item.as_text else _each(value, item.asked(inner))

    def misfits(value: exp.Expression) -> exp.Expression:
        nested = compare(">", func("array_ndims", value), sql.integer(1))
        return nested if misfit is None else any_of(nested, _exists(value, misfit))

    return Reading(type=t.ListOf(item.type), asked=asked, taken=_taken(item), misfit=misfits,
                   text=text_of, exact=False)  # fmt: skip


def _from_one(value: exp.Expression) -> exp.Expression:
    """The array counted from 1, which the driver wants."""
    from sqlglot import exp

    return exp.Bracket(this=value.copy(), expressions=[exp.Slice()])


def _as_texts(value: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    return exp.Cast(this=value.copy(), to=exp.DataType.build("text[]", dialect="postgres"))


def _each(value: exp.Expression, asked: exp.Expression) -> exp.Expression:
    """`array(select asked from unnest(value) with ordinality order by its place)`, null for null."""
    from sqlglot import exp

    query = exp.Select(expressions=[asked.copy()])
    query.set("from_", exp.From(this=_unnested(value)))
    sql.order_by(query, [sql.column(_PLACE)])
    items = exp.Anonymous(this="array", expressions=[query])
    return exp.Case(ifs=[exp.If(this=exp.Is(this=value.copy(), expression=exp.null()), true=exp.null())], default=items)


def _exists(value: exp.Expression, condition: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    query = exp.Select(expressions=[sql.integer(1)])
    query.set("from_", exp.From(this=_unnested(value)))
    return exp.Exists(this=query.where(condition.copy(), copy=False))


def _unnested(value: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    names = [exp.to_identifier(_ITEM, quoted=True), exp.to_identifier(_PLACE, quoted=True)]
    alias = exp.TableAlias(this=exp.to_identifier("items", quoted=True), columns=names)
    return exp.Unnest(expressions=[value.copy()], alias=alias, offset=True)


def _taken(item: Reading) -> Callable[[pl.Expr], pl.Expr] | None:
    if item.taken is None:
        return None
    kind, taken = polars_dtype(item.type), item.taken
    return lambda value: value.list.eval(taken(pl.element()).cast(kind))
