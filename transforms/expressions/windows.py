"""Calls that look at a row's place among others, and how any aggregate is spread over a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from transforms.expressions import sql_parts as sql
from transforms.expressions.polars_columns import exact
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value
from transforms.expressions.window import RowsFrame, Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlglot import exp

    Sql = exp.Expression
    Call = Lowered[pl.Expr]


def spread(value: pl.Expr, window: Window, *, ordered: bool) -> pl.Expr:
    """An aggregate beside every row of its partition; `ordered` ones see the rows in the window's order."""
    partition = [exact(name) for name in window.partition_by] or None
    if not (ordered and window.order_by):
        return value.over(partition) if partition else value
    keys, descending, nulls_last = _sort_keys(window)
    return value.over(partition, order_by=keys, descending=descending, nulls_last=nulls_last)


def _sort_keys(window: Window) -> tuple[list[pl.Expr], bool, bool]:
    """Keys under one direction, which is all that `over` takes; mixed ones become their ranks."""
    directions = {(key.descending, key.nulls_first) for key in window.order_by}
    if len(directions) == 1:
        descending, nulls_first = directions.pop()
        return [exact(key.column) for key in window.order_by], descending, not nulls_first
    ranks = []
    for key in window.order_by:
        rank = exact(key.column).rank("dense", descending=key.descending).cast(pl.Int64)
        ranks.append(rank.fill_null(0) if key.nulls_first else rank.fill_null(2**62))
    return ranks, False, True


def spread_sql(value: Sql, window: Window, *, ordered: bool, whole: bool = False) -> Sql:
    """`value over (partition by … order by …)`; `whole` widens the frame to the whole partition."""
    from sqlglot import exp

    over = exp.Window(this=value, partition_by=[_column(name) for name in window.partition_by])
    if ordered and window.order_by:
        over.set("order", exp.Order(expressions=[
            exp.Ordered(this=_column(key.column), desc=key.descending, nulls_first=key.nulls_first)
            for key in window.order_by]))  # fmt: skip
    # a frame has a single row without an order
    if whole and ordered and (window.order_by or window.frame is not None):
        over.set("spec", _rows_sql(window.frame or RowsFrame(None, None)))
    return over


def _rows_sql(frame: RowsFrame) -> Sql:
    """`rows between … and …`."""
    from sqlglot import exp

    start, start_side = _edge_sql(frame.start, "PRECEDING")
    end, end_side = _edge_sql(frame.end, "FOLLOWING")
    return exp.WindowSpec(kind="ROWS", start=start, start_side=start_side, end=end, end_side=end_side)


def _edge_sql(rows: int | None, unbounded: str) -> tuple[Any, str | None]:
    if rows is None:
        return "UNBOUNDED", unbounded
    if rows == 0:
        return "CURRENT ROW", None
    return sql.integer(abs(rows)), "PRECEDING" if rows < 0 else "FOLLOWING"


def _column(name: str) -> Sql:
    from sqlglot import exp

    return exp.column(name, quoted=True)


def _window(call: Lowered[pl.Expr] | Lowered[Sql]) -> Window:
    assert call.window is not None
    return call.window


def _is_same_part(window: Window, rows: int) -> pl.Expr:
    """Where rows stand in place: whether a row and the one so many before it are of one partition."""
    keys = [exact(name) for name in window.partition_by]
    return pl.all_horizontal(key.eq_missing(key.shift(rows)) for key in keys)


def _numbered(call: Call) -> pl.Expr:
    window = _window(call)
    if window.in_place:
        row = pl.int_range(0, pl.len(), dtype=pl.Int64)
        begins = (row == 0) | ~_is_same_part(window, 1)
        return row - pl.when(begins).then(row).forward_fill() + 1
    return spread(pl.int_range(1, pl.len() + 1, dtype=pl.Int64), _window(call), ordered=True)


def _new_peers(window: Window) -> pl.Expr:
    """In the window's order: whether a row's keys differ from those of the row before."""
    keys = pl.struct([exact(key.column) for key in window.order_by])
    return (pl.int_range(pl.len()) == 0) | keys.ne_missing(keys.shift(1))


def _rank(call: Call) -> pl.Expr:
    """The row number of the first row with the same keys."""
    window = _window(call).by_peers
    first = pl.when(_new_peers(window)).then(pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    return spread(first.forward_fill(), window, ordered=True)


def _dense_rank(call: Call) -> pl.Expr:
    window = _window(call).by_peers
    return spread(_new_peers(window).cast(pl.Int64).cum_sum(), window, ordered=True)


def _ntile(call: Call) -> pl.Expr:
    """Buckets as even as can be, the larger ones first."""
    buckets = call.constant(0)
    row = pl.int_range(0, pl.len(), dtype=pl.Int64)
    size, larger = pl.len().cast(pl.Int64) // buckets, pl.len().cast(pl.Int64) % buckets
    edge = larger * (size + 1)
    found = pl.when(row < edge).then(row // (size + 1)).otherwise(larger + (row - edge) // size)
    return spread(found + 1, _window(call), ordered=True)


def _shifted(call: Call, direction: int) -> pl.Expr:
    rows = direction * (call.constant(1) if len(call) > 1 else 1)
    window, shifted = _window(call), call[0].shift(rows)
    if len(call) > 2:
        # Polars 2.1 makes 0.0 of a decimal as fill_value of shift
        row = pl.int_range(0, pl.len(), dtype=pl.Int64)
        shifted = pl.when(row.is_between(rows, pl.len().cast(pl.Int64) - 1 + rows)).then(shifted).otherwise(call[2])
    if window.in_place:
        found = pl.when(_is_same_part(window, rows)).then(shifted)
        return found.otherwise(call[2]) if len(call) > 2 else found
    return spread(shifted, window, ordered=True)


def _check_buckets(function: Function, args: tuple[Node, ...]) -> str | None:
    count = args[0].value if isinstance(args[0], Value) else None
    return None if isinstance(count, int) and count >= 1 else f"{function.name} takes a number of buckets from 1"


def _ranking(name: str, doc: str, polars: object, signature: str = "()",
             check: Callable[[Function, tuple[Node, ...]], str | None] | None = None, *,
             by_peers: bool = False) -> Function:  # fmt: skip
    def lowered(call: Lowered[Sql]) -> Sql:
        window = _window(call).by_peers if by_peers else _window(call)
        return spread_sql(sql.call(name, *call.args), window, ordered=True)

    return Function(
        signature=f"{name}{signature} -> integer", doc=doc, kind="window", needs_order=True, polars=polars,  # type: ignore[arg-type]
        check=check, sql=lowered,
    )  # fmt: skip


def _neighbour(name: str, doc: str, direction: int) -> Function:
    return Function(
        signature=f"{name}(x: T, rows?: constant integer, default?: constant T) -> T", doc=doc, kind="window",
        needs_order=True,
        polars=lambda call: _shifted(call, direction),
        sql=lambda call: spread_sql(sql.call(name, *call.args), _window(call), ordered=True),
    )  # fmt: skip


WINDOWS = (
    _ranking("row_number", "1, 2, 3 … in the window's order", _numbered),
    _ranking("rank", "as row_number, but rows with equal keys share the first's number", _rank, by_peers=True),
    _ranking("dense_rank", "as rank, without gaps", _dense_rank, by_peers=True),
    _ranking(
        "ntile",
        "the bucket from 1 to n, as even as can be, the larger first",
        _ntile,
        "(n: constant integer)",
        _check_buckets,
    ),
    _neighbour("lag", "x of the row that many before (1), the default (null) where there is none", 1),
    _neighbour("lead", "x of the row that many after (1), the default (null) where there is none", -1),
)
