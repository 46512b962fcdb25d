"""Functions of many rows. Nulls are skipped unless said; nothing, or only nulls, gives null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from ir import types as t
from transforms.dtypes import polars_dtype
from transforms.expressions import sql_parts as sql
from transforms.expressions.bounds import bounds
from transforms.expressions.casts import without_nan
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Field, Node, OrderItem, Value, is_constant
from transforms.expressions.window import ARRIVAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlglot import exp

    Sql = exp.Expression
    Call = Lowered[pl.Expr]

_FEW = 2**31
_ROOMY = 28
"""Digits of decimals of which a billion have a sum of 38 digits or fewer."""


def _seen(call: Call, index: int = 0) -> pl.Expr:
    """The argument, null in rows that the filter leaves out: for aggregates that skip null anyway."""
    seen = call[index] if call.where is None else pl.when(call.where).then(call[index])
    frame = None if call.window is None else call.window.frame
    if frame is not None and frame.is_narrow and isinstance(call.type, t.Number):
        # Polars slides over a column by adding and taking away, which leaves rests of large numbers behind (a sum of
        # 2.5 alone came out as 2.0); over values picked for each row it computes anew
        return seen.drop_nulls()
    return seen


def _kept(call: Call, index: int = 0) -> pl.Expr:
    """The argument's values in the rows that the filter keeps, in the aggregate's own order."""
    argument, where = call.apply.args[index], call.apply.where
    if is_constant(argument):
        # the same in every row, so in any order; sorting a repeated constant in a group reads beyond it in Polars 2.1
        return call[index] if call.where is None else call[index].filter(call.where)
    found = _sorted(call[index], call)
    if call.where is None:
        return found
    return found.filter(_sorted(call.where, call) if where is not None and not is_constant(where) else call.where)


def _sorted(value: pl.Expr, call: Call) -> pl.Expr:
    if not call.order_by:
        return value
    return value.sort_by(
        [key for key, _, _ in call.order_by],
        descending=[down for _, down, _ in call.order_by],
        nulls_last=[not first for _, _, first in call.order_by],
        maintain_order=True,
    )


def aggregate_sql(name: str, call: Lowered[Sql], *args: Sql, ordered: bool = True) -> Sql:
    """`name(distinct args order by …) filter (where …)`."""
    from sqlglot import exp

    inside = list(args)
    # DuckDB refuses to sort by a constant
    order = tuple(
        each for each, key in zip(call.order_by, call.apply.order_by, strict=True) if not is_constant(key.node)
    )
    if call.apply.distinct:
        if call.apply.function.accepts_order and not order and not is_constant(call.apply.args[0]):
            order = ((args[0].copy(), False, False),)
        inside[0] = exp.Distinct(expressions=[inside[0]])
    if order and ordered:
        keys = [exp.Ordered(this=key, desc=down, nulls_first=first) for key, down, first in order]
        inside[-1] = exp.Order(this=inside[-1], expressions=keys)
    found: Sql = exp.Anonymous(this=name, expressions=inside)
    if call.where is not None:
        found = exp.Filter(this=found, expression=exp.Where(this=call.where))
    return found


def _sum(call: Call) -> pl.Expr:
    values = _distinct(call)
    match call.type:
        case t.Integer():
            low, high = bounds(call.apply.args[0])
            small = low > -_FEW and high < _FEW
            # Polars wraps; a sum in 128 bits costs little beside grouping and raises on the way back
            total = values.sum() if small else values.cast(pl.Int128).sum().cast(pl.Int64)
        case t.Decimal():
            total = values.sum().cast(polars_dtype(call.type))
        case _:
            total = values.sum().fill_nan(None)
    # Polars sums nothing to 0
    return pl.when(values.count() > 0).then(total)


def _distinct(call: Call) -> pl.Expr:
    return _seen(call).drop_nulls().unique() if call.apply.distinct else _seen(call)


def _sum_sql(call: Lowered[Sql]) -> Sql:
    found = aggregate_sql("sum", call, call[0])
    return without_nan(found) if isinstance(call.type, t.Number) else sql.cast(found, call.type)


def _sum_type(args: Sequence[Node]) -> t.DataType:
    kind = args[0].type
    return t.Decimal(38, kind.scale) if isinstance(kind, t.Decimal) else kind


def _count(call: Call) -> pl.Expr:
    seen = _seen(call)
    return (seen.drop_nulls().n_unique() if call.apply.distinct else seen.count()).cast(pl.Int64)


def _mean(call: Call) -> pl.Expr:
    values = _distinct(call)
    match call.type_of(0):
        case t.Integer():
            low, high = bounds(call.apply.args[0])
            total = values.sum() if low > -_FEW and high < _FEW else values.cast(pl.Int128).sum()
        case t.Decimal(precision, scale) if precision <= _ROOMY:
            total = values.sum().cast(pl.Decimal(38, scale))
        case t.Number():
            return values.mean().fill_nan(None)
        case _:
            return values.cast(pl.Float64).mean()
    return pl.when(values.count() > 0).then(total.cast(pl.Float64) / values.count())


def _mean_sql(call: Lowered[Sql]) -> Sql:
    """Exact numbers are added exactly: sums of floats differ in their last digits between engines."""
    count = aggregate_sql("count", call, call[0]).copy()
    match call.type_of(0):
        case t.Integer():
            total = aggregate_sql("sum", call, call[0])
        case t.Decimal(precision, scale) if precision <= _ROOMY:
            total = sql.cast(aggregate_sql("sum", call, call[0]), t.Decimal(38, scale))
        case _:
            return without_nan(aggregate_sql("avg", call, sql.cast(call[0], t.Number())))
    return sql.binary("/", sql.cast(total, t.Number()), count)


def _rows(call: Call) -> pl.Expr:
    return (pl.len() if call.where is None else call.where.sum()).cast(pl.Int64)


def _rows_sql(call: Lowered[Sql]) -> Sql:
    from sqlglot import exp

    return aggregate_sql("count", call, exp.Star())


def _statistic(method: str, name: str, **options: Any) -> tuple[Callable[[Call], pl.Expr], Callable[[Any], Sql]]:
    def polars(call: Call) -> pl.Expr:
        values = _distinct(call)
        found: pl.Expr = getattr(values, method)(**options).fill_nan(None)
        if options.get("ddof") == 0 or (call.window is not None and call.window.frame is not None):
            # Polars 2.1 gives 0.0 as the population's variance of a group or frame without values
            return pl.when(values.count() > 0).then(found)
        return found

    return polars, lambda call: without_nan(aggregate_sql(name, call, call[0]))


def _number(name: str, method: str, duckdb: str, doc: str, aliases: tuple[str, ...] = (), **options: Any) -> Function:
    polars, lowered = _statistic(method, duckdb, **options)
    return Function(signature=f"{name}(x: number) -> number", doc=doc, kind="aggregate", polars=polars, sql=lowered,
                    aliases=aliases, accepts_distinct=True)  # fmt: skip


def _extreme(name: str) -> Function:
    return Function(
        signature=f"{name}(x: orderable) -> x", kind="aggregate", accepts_distinct=True,
        doc=f"the {'smallest' if name == 'min' else 'largest'}; text by code point, false before true",
        polars=lambda call: getattr(_seen(call), name)(), sql=lambda call: aggregate_sql(name, call, call[0]),
    )  # fmt: skip


def _is_arrival(order_by: Sequence[OrderItem]) -> bool:
    """Whether rows are taken just as they came."""
    return len(order_by) == 1 and isinstance(order_by[0].node, Field) and order_by[0].node.column == ARRIVAL


def _end(name: str, doc: str) -> Function:
    def polars(call: Call) -> pl.Expr:
        kept = _kept(call)
        if not isinstance(call.apply.args[0], Field):
            # first() reaches into list.eval in Polars 2.1: of initcap it takes one word, of a cast list one element
            return kept.get(0 if name == "first" else -1, null_on_oob=True)
        return kept.first() if name == "first" else kept.last()

    def lowered(call: Lowered[Sql]) -> Sql:
        if call.window is not None and call.where is not None:
            # DuckDB takes no filter on first_value: the end of the filtered list is the same
            return sql.call("list_extract", aggregate_sql("list", call, call[0]),
                            sql.integer(1 if name == "first" else -1))  # fmt: skip
        if call.window is None and _is_arrival(call.apply.order_by):
            # an ordered aggregate sorts every group: 3 times the work for few keys, far more for a wide pivot
            function = "arg_min_null" if name == "first" else "arg_max_null"
            return aggregate_sql(function, call, call[0], call.order_by[0][0], ordered=False)
        return aggregate_sql(name, call, call[0])

    return Function(signature=f"{name}(x: any) -> x", doc=doc, kind="aggregate", needs_order=True, accepts_order=True,
                    polars=polars, sql=lowered)  # fmt: skip


def _joined(call: Call) -> pl.Expr:
    kept = _kept(call).drop_nulls()
    if call.apply.distinct:
        kept = kept.unique(maintain_order=True) if call.order_by else kept.unique().sort()
    return pl.when(_seen(call).count() > 0).then(kept.str.join(call.constant(1) if len(call) > 1 else ","))


def _joined_sql(call: Lowered[Sql]) -> Sql:
    separator = call[1] if len(call) > 1 else sql.text(",")
    return aggregate_sql("string_agg", call, call[0], separator)


def _listed(call: Call) -> pl.Expr:
    # a group has rows, but none may pass the filter; nothing gives null, as of every aggregate
    # asked of the rows, since Polars 2.1 stops at the length of made lists beside the sorted lists themselves
    some = pl.len() > 0 if call.where is None else call.where.any()
    return pl.when(some).then(_kept(call).implode())


def _quantile(call: Call) -> pl.Expr:
    return _seen(call).quantile(call.constant(1), "linear").fill_nan(None)


def _check_fraction(function: Function, args: tuple[Node, ...]) -> str | None:
    share = args[1].value if isinstance(args[1], Value) else None
    return None if isinstance(share, float) and 0 <= share <= 1 else f"{function.name} takes a share from 0 to 1"


def _correlated(call: Call) -> pl.Expr:
    both = call[0].is_not_null() & call[1].is_not_null()
    if call.where is not None:
        both = both & call.where
    one, other = (pl.when(both).then(each) for each in call.args)
    # the mean of three times -0.1 is not -0.1 to Polars, so that what does not vary seems to
    vary = (one.min() < one.max()) & (other.min() < other.max())
    return pl.when(vary).then(pl.corr(one, other).fill_nan(None))


AGGREGATES = (
    Function(signature="sum(x: summable) -> x", doc="integer of integers, decimal(38,s) of decimals; true counts 1",
             kind="aggregate", result=_sum_type, polars=_sum, sql=_sum_sql, accepts_distinct=True),
    Function(signature="count(x: any) -> integer", doc="values that are not null; count(*) counts rows",
             kind="aggregate", accepts_distinct=True, polars=_count,
             sql=lambda call: aggregate_sql("count", call, call[0])),
    Function(signature="all rows() -> integer", doc="rows", kind="aggregate", polars=_rows, sql=_rows_sql,
             hidden=True),
    Function(signature="avg(x: summable) -> number", doc="the mean, as number; true counts 1", kind="aggregate",
             aliases=("mean", "average"), accepts_distinct=True, polars=_mean, sql=_mean_sql),
    _number("median", "median", "median", "the middle value, or the mean of the middle two"),
    _number("stddev", "std", "stddev_samp", "standard deviation of a sample; null for one value",
            ("stddev_samp", "std"), ddof=1),
    _number("stddev_pop", "std", "stddev_pop", "standard deviation of a population", ddof=0),
    _number("variance", "var", "var_samp", "variance of a sample; null for one value", ("var_samp", "var"), ddof=1),
    _number("var_pop", "var", "var_pop", "variance of a population", ddof=0),
    _extreme("min"),
    _extreme("max"),
    _end("first", "the value of the first row, null or not; needs an order"),
    _end("last", "the value of the last row, null or not; needs an order"),
    Function(signature="any_value(x: any) -> x", doc="some value that is not null", kind="aggregate",
             polars=lambda call: _kept(call).drop_nulls().first(),
             sql=lambda call: aggregate_sql("any_value", call, call[0])),
    Function(signature="bool_and(x: boolean) -> boolean", doc="whether all are true", kind="aggregate",
             aliases=("every",), polars=lambda call: _seen(call).min(),
             sql=lambda call: aggregate_sql("bool_and", call, call[0])),
    Function(signature="bool_or(x: boolean) -> boolean", doc="whether any is true", kind="aggregate",
             polars=lambda call: _seen(call).max(), sql=lambda call: aggregate_sql("bool_or", call, call[0])),
    Function(signature="quantile(x: number, share: constant number) -> number", kind="aggregate",
             doc="the value below which that share of the values lies, interpolated", check=_check_fraction,
             aliases=("percentile", "quantile_cont"), polars=_quantile,
             sql=lambda call: without_nan(aggregate_sql("quantile_cont", call, call[0], call[1]))),
    Function(signature="corr(x: number, y: number) -> number", kind="aggregate", polars=_correlated,
             doc="correlation of the pairs without null; null where one side does not vary",
             sql=lambda call: without_nan(aggregate_sql("corr", call, call[0], call[1]))),
    Function(signature="string_agg(x: text, separator?: constant text) -> text", kind="aggregate",
             doc="the texts joined by a comma or another separator; skips null", accepts_distinct=True,
             accepts_order=True, needs_order=True,
             aliases=("group_concat", "listagg"), polars=_joined, sql=_joined_sql),
    Function(signature="list(x: any) -> x", kind="aggregate", doc="all values, null included; null for no rows",
             accepts_order=True, needs_order=True, aliases=("array_agg",), polars=_listed,
             result=lambda args: t.ListOf(args[0].type), sql=lambda call: aggregate_sql("list", call, call[0])),
)  # fmt: skip
